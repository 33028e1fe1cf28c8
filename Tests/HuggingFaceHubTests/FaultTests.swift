import Files
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import HuggingFaceHub

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Networks and servers at their worst: each fault is mended or told in one line, and nothing that is
/// not whole ever gets a blob's name.
@Suite struct FaultTests {
  private static let weights = "model.safetensors"
  private static let served = fixturesFolder.appending(
    path: "checkpoints/bert-safetensors/model.safetensors")

  private func expectWhole(_ local: LocalHub, location: SourceLocation = #_sourceLocation) throws {
    let data = try Data(contentsOf: local.snapshotFolder.appending(path: Self.weights))
    #expect(try data == Data(contentsOf: Self.served), sourceLocation: location)
    #expect(
      local.names(in: "blobs").allSatisfy { !$0.hasSuffix(".incomplete") }, sourceLocation: location
    )
  }

  private func expectOneLine(
    _ error: HubError?, _ words: String..., location: SourceLocation = #_sourceLocation
  ) {
    guard let error else {
      Issue.record("no error", sourceLocation: location)
      return
    }
    let text = error.description
    #expect(!text.contains("\n"), sourceLocation: location)
    for word in words { #expect(text.contains(word), "\(text)", sourceLocation: location) }
  }

  @Test func cutConnectionsAreContinued() async throws {
    let local = try LocalHub { request, before in
      request.isStorage && before < 2 ? .cut(after: 10_000) : nil
    }
    try await local.pull()
    try expectWhole(local)
    let ranges = local.server.requests.filter(\.isStorage).map { $0.headers["range"] }
    #expect(ranges == [nil, "bytes=10000-", "bytes=20000-"])
  }

  @Test func largeFilesComeInPieces() async throws {
    let local = try LocalHub { request, _ in
      request.headers["range"] == "bytes=10000-19999" ? .cut(after: 4000) : nil
    }
    _ = try await local.hub { $0.pieceSize = 10_000 }.snapshot(of: LocalHub.model)
    try expectWhole(local)
    #expect(
      local.server.requests.filter(\.isStorage).map { $0.headers["range"] } == [
        "bytes=0-9999", "bytes=10000-19999", "bytes=14000-23999", "bytes=24000-",
      ])
  }

  @Test func piecesOfAServerThatHasNone() async throws {
    let local = try LocalHub { request, _ in request.isStorage ? .wholeFile : nil }
    _ = try await local.hub { $0.pieceSize = 10_000 }.snapshot(of: LocalHub.model)
    try expectWhole(local)
    #expect(local.server.requests.count { $0.isStorage } == 1)
  }

  @Test func aLaterRunContinuesToo() async throws {
    let local = try LocalHub { request, before in
      request.isStorage && before < 3 ? .cut(after: before == 0 ? 10_000 : 0) : nil
    }
    expectOneLine(await local.failure(), "localhost", "model.safetensors", "try again")
    #expect(local.names(in: "blobs").contains { $0.hasSuffix(".incomplete") })
    #expect(local.names(in: "refs") == [])
    try await local.pull()
    try expectWhole(local)
    #expect(local.server.requests.last { $0.isStorage }?.headers["range"] == "bytes=10000-")
  }

  @Test func aServerThatIgnoresRangesStartsOver() async throws {
    let local = try LocalHub { request, before in
      guard request.isStorage else { return nil }
      return before == 0 ? .cut(after: 10_000) : .wholeFile
    }
    try await local.pull()
    try expectWhole(local)
  }

  @Test(arguments: [7, 29_836, 40_000])
  func whatLiesThereMayBeOfAnotherFile(_ count: Int) async throws {
    let local = try LocalHub()
    let blobs = local.modelFolder.appending(path: "blobs")
    try FileManager.default.createDirectory(at: blobs, withIntermediateDirectories: true)
    let tag = HubServer.tag(Self.weights, try Data(contentsOf: Self.served))
    try Data(repeating: 1, count: count).write(to: blobs.appending(path: tag + ".incomplete"))
    try await local.pull()
    try expectWhole(local)
  }

  @Test func wrongContentsAreDeletedAndNamed() async throws {
    let size = try Data(contentsOf: Self.served).count
    let local = try LocalHub { request, _ in
      request.isStorage ? .substitute(Data(repeating: 0, count: size)) : nil
    }
    expectOneLine(await local.failure(), Self.weights, "SHA-256", "deleted")
    #expect(local.names(in: "blobs").count == 4)
    #expect(!local.names(in: "blobs").contains { $0.hasSuffix(".incomplete") })
    #expect(!local.names(in: "snapshots/\(HubServer.commit)").contains(Self.weights))
  }

  @Test func wrongSmallFilesAreFoundByGitsDigest() async throws {
    let local = try LocalHub { request, _ in
      request.method == "GET" && request.file == "vocab.txt"
        ? .substitute(Data(repeating: 0x61, count: 252)) : nil
    }
    expectOneLine(await local.failure(), "vocab.txt", "git SHA-1", "deleted")
  }

  @Test func moreBytesThanAFileHas() async throws {
    let local = try LocalHub { request, _ in
      request.isStorage ? .header("Content-Length", "40000") : nil
    }
    // Announced, not sent, and not needed.
    try await local.pull()
    try expectWhole(local)

    let growing = try LocalHub { request, _ in
      request.isStorage ? .reply(Data(count: 29_836 + 10)) : nil
    }
    expectOneLine(await growing.failure(), Self.weights, "29836 bytes", "deleted")
    #expect(!growing.names(in: "blobs").contains { $0.hasSuffix(".incomplete") })
  }

  @Test(arguments: [429, 500, 502, 503])
  func troubleThatPasses(_ status: Int) async throws {
    let local = try LocalHub { request, before in
      before < (request.isStorage ? 0 : 2)
        ? .status(status, headers: status == 429 ? ["Retry-After": "0"] : [:]) : nil
    }
    try await local.pull()
    try expectWhole(local)
  }

  @Test func retryAfterIsHeeded() async throws {
    let local = try LocalHub { request, before in
      request.path.hasPrefix("/api/") && before == 0
        ? .status(429, headers: ["Retry-After": "1"]) : nil
    }
    let start = ContinuousClock.now
    try await local.pull()
    #expect(start.duration(to: .now) >= .seconds(1))
  }

  @Test func aWaitIsAnnounced() async throws {
    let local = try LocalHub { request, before in
      request.path.hasPrefix("/api/") && before == 0
        ? .status(429, headers: ["RateLimit": #""api";r=0;t=1"#]) : nil
    }
    let waits = Mutex<[Duration]>([])
    let hub = local.hub { settings in
      settings.onWait = { _, wait in waits.withLock { $0.append(wait) } }
    }
    _ = try await hub.snapshot(of: LocalHub.model)
    #expect(waits.withLock { $0 } == [.seconds(1)])
  }

  @Test(arguments: ["3600", "99999999999999999999", "Fri, 31 Dec 2100 23:59:59 GMT"])
  func aLongWaitIsNotWaitedFor(_ retryAfter: String) async throws {
    let local = try LocalHub { _, _ in .status(429, headers: ["Retry-After": retryAfter]) }
    let start = ContinuousClock.now
    let error = try #require(await local.failure())
    guard case .tooManyRequests(_, let seconds?, _) = error else {
      Issue.record("\(error)")
      return
    }
    #expect((3600...86_400).contains(seconds))
    #expect("\(error)".contains("try again in \(seconds) s"))
    #expect(start.duration(to: .now) < .seconds(30))
    #expect(local.server.requests.count == 1)
  }

  /// At the first of these Foundation's parser of dates ends the process.
  @Test(arguments: [
    "Fr\u{36C} 31 Dec 2100 23:59:59 GMT", "Fri, 31 Dec 2100 23:59:5\u{664} GMT", "e\u{301}", "é",
  ])
  func aDateInOtherLettersIsNone(_ retryAfter: String) throws {
    let response = try #require(
      HTTPURLResponse(
        url: URL(filePath: "/"), statusCode: 429, httpVersion: nil,
        headerFields: ["Retry-After": retryAfter]))
    #expect(response.requestedWait == nil)
  }

  @Test(arguments: ["Sun, 06 Nov 1994 08:49:37 GMT", "soon", "-5", ""])
  func aWaitThatIsNone(_ retryAfter: String) async throws {
    let local = try LocalHub { request, before in
      request.path.hasPrefix("/api/") && before == 0
        ? .status(429, headers: ["Retry-After": retryAfter]) : nil
    }
    try await local.pull()
  }

  @Test(arguments: ["9223372036854775807", "-1", "1e3", "99999999999999999999"])
  func sizesThatAreNone(_ size: String) {
    #expect(BlobIdentity(tag: "\"abc\"", size: size) == BlobIdentity(tag: "abc", size: nil))
  }

  @Test(arguments: [Int.max, Int.min, -1])
  func listedSizesThatAreNone(_ size: Int) throws {
    let json =
      #"{"sha": "\#(HubServer.commit)", "siblings": [{"rfilename": "a", "size": \#(size)}]}"#
    #expect(try RevisionListing(Data(json.utf8)).files["a"]?.size == nil)
  }

  @Test func withoutSymbolicLinks() async throws {
    let local = try LocalHub()
    let hub = local.hub { $0.usesSymbolicLinks = false }
    _ = try await hub.snapshot(of: LocalHub.model)
    let file = local.snapshotFolder.appending(path: "config.json").path
    #expect(throws: (any Error).self) {
      try FileManager.default.destinationOfSymbolicLink(atPath: file)
    }
    try expectWhole(local)
    // Nothing is fetched twice, and a blob that there is already is copied.
    let count = local.server.requests.count
    _ = try await hub.snapshot(of: LocalHub.model)
    #expect(local.server.requests.count == count + 1)
    let other = try LocalHub()
    try await other.pull()
    try FileManager.default.removeItem(at: other.snapshotFolder)
    _ = try await other.hub { $0.usesSymbolicLinks = false }.snapshot(of: LocalHub.model)
    try expectWhole(other)
  }

  @Test func troubleThatStays() async throws {
    for (status, words) in [(429, "HF_TOKEN"), (500, "status 500"), (418, "status 418")] {
      let local = try LocalHub { _, _ in .status(status) }
      var settings = local.settings
      settings.token = nil
      do {
        _ = try await ModelHub(settings: settings).snapshot(of: LocalHub.model)
        Issue.record("no error for \(status)")
      } catch {
        expectOneLine(error as? HubError, "127.0.0.1", words)
      }
      #expect(local.server.requests.count == (status == 418 ? 1 : 3))
    }
  }

  @Test(arguments: [401, 403])
  func closedModels(_ status: Int) async throws {
    let local = try LocalHub { _, _ in
      .status(status, headers: ["WWW-Authenticate": "Bearer realm=\"hub\""])
    }
    expectOneLine(await local.failure(), "tiny/model", "licence", "\(status)")
    #expect(local.server.requests.count == 1)
    do {
      _ = try await local.hub { $0.token = nil }.snapshot(of: LocalHub.model)
      Issue.record("no error")
    } catch {
      expectOneLine(error as? HubError, "tiny/model", "HF_TOKEN")
    }
  }

  @Test func whatIsNotThere() async throws {
    let local = try LocalHub { request, _ in
      request.file == "vocab.txt" && request.method == "HEAD"
        ? .status(404, headers: ["X-Error-Code": "EntryNotFound"]) : nil
    }
    expectOneLine(await local.failure(ModelReference("no/model")!), "no model no/model")
    expectOneLine(
      await local.failure(ModelReference("tiny/model@nowhere")!), "no revision 'nowhere'")
    expectOneLine(await local.failure(), "vocab.txt")
  }

  @Test func repositoriesWithoutAModel() async throws {
    let local = try LocalHub()
    for name in ["config.json", "model.safetensors"] {
      let folder = try local.changedModel("bert-safetensors", [:])
      try FileManager.default.removeItem(at: folder.appending(path: name))
      local.server.setModel("tiny/model", folder)
      expectOneLine(await local.failure(), name, "tiny/model")
    }
  }

  @Test func theTokenStaysWithItsHost() async throws {
    let local = try LocalHub { request, before in
      request.isStorage && before < 1 ? .cut(after: 100) : nil
    }
    try await local.pull()
    #expect(local.server.requests.count { $0.isStorage } == 2)
    for request in local.server.requests {
      #expect(
        request.headers["authorization"] == (request.isStorage ? nil : "Bearer hf_secret"),
        "\(request.method) \(request.path)")
      #expect(
        request.headers["host"]
          == "\(request.isStorage ? "localhost" : "127.0.0.1"):\(local.server.port)")
    }
  }

  @Test func relativeRedirectsAreFollowed() async throws {
    let local = try LocalHub { request, _ in
      request.path.hasPrefix("/api/models/old-name/")
        ? .status(
          307, headers: ["Location": "/api/models/tiny/model/revision/main?blobs=true"])
        : request.path.hasPrefix("/old-name/resolve/")
          ? .status(
            307, headers: ["Location": "/tiny/model\(request.path.dropFirst("/old-name".count))"])
          : nil
    }
    let snapshot = try await local.pull(#require(ModelReference("old-name")))
    #expect(snapshot.folder.path.contains("models--old-name"))
    #expect(
      try Data(contentsOf: snapshot.folder.appending(path: Self.weights))
        == Data(contentsOf: Self.served))
  }

  @Test(arguments: ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://[", ""])
  func redirectsToElsewhere(_ location: String) async throws {
    let local = try LocalHub { _, _ in .status(302, headers: ["Location": location]) }
    #expect(await local.failure() != nil)
  }

  @Test func redirectsInACircle() async throws {
    let local = try LocalHub { request, _ in .status(302, headers: ["Location": request.path]) }
    expectOneLine(await local.failure(), "10 times")
  }

  @Test func silenceTimesOut() async throws {
    let local = try LocalHub { request, before in
      request.isStorage && before == 0 ? .stall(after: 5000) : nil
    }
    try await local.pull()
    try expectWhole(local)
    #expect(local.server.requests.last { $0.isStorage }?.headers["range"] == "bytes=5000-")

    let silent = try LocalHub { _, _ in .stall(after: 0) }
    var settings = silent.settings
    settings.attempts = 1
    do {
      _ = try await ModelHub(settings: settings).snapshot(of: LocalHub.model)
      Issue.record("no error")
    } catch {
      expectOneLine(error as? HubError, "127.0.0.1")
    }
  }

  /// Longer in all than the timeout, which is about silence only.
  @Test func slowIsNotSilent() async throws {
    let local = try LocalHub { request, _ in
      request.isStorage ? .trickle(bytes: 2500, pause: 0.15) : nil
    }
    try await local.pull()
    try expectWhole(local)
    #expect(local.server.requests.count { $0.isStorage } == 1)
  }

  @Test func nobodyListens() async throws {
    let local = try LocalHub()
    local.server.stop()
    try await Task.sleep(for: .milliseconds(200))
    expectOneLine(await local.failure(), "127.0.0.1", "network")
  }

  @Test func theCacheServesWhenTheHubDoesNot() async throws {
    let isDown = Switch()
    let local = try LocalHub { _, _ in isDown.isOn ? .status(503) : nil }
    let fresh = try await local.pull()
    isDown.turnOn()
    let before = local.server.requests.count
    let stale = try await local.pull()
    #expect(stale.folder == fresh.folder)
    #expect(stale.staleBecause != nil)
    #expect(local.server.requests.count == before + 1)
    expectOneLine(await local.failure(ModelReference("tiny/model@other")!), "503")
  }

  @Test(arguments: [
    #"{"sha": "../../../tmp", "siblings": []}"#, #"{"sha": 1}"#, "[]", "<html>", "",
    #"{"sha": "0123456789ABCDEF0123456789ABCDEF01234567", "siblings": []}"#,
  ])
  func listsThatAreNone(_ body: String) async throws {
    let local = try LocalHub { request, _ in
      request.path.hasPrefix("/api/") ? .reply(Data(body.utf8)) : nil
    }
    expectOneLine(await local.failure(), "HF_ENDPOINT")
    #expect(local.names(in: "") == [])
  }

  /// Whatever a folder's index may name, the Hub's may too.
  @Test(arguments: ["weights part 1.safetensors", "modèle%.safetensors", ".hidden.bin", "x.pt"])
  func namesOfShards(_ name: String) async throws {
    let local = try LocalHub()
    let folder = try local.changedModel(
      "bert-sharded",
      ["model.safetensors.index.json": #"{"weight_map": {"a": "\#(name)"}}"#, name: "numbers"])
    local.server.setModel("tiny/model", folder)
    try await local.pull()
    let fetched = try String(
      contentsOf: local.snapshotFolder.appending(path: name), encoding: .utf8)
    #expect(fetched == "numbers")
  }

  @Test(arguments: ["../../evil", "a/b", "..", "x.bin/../../y.bin"])
  func shardsThatLeadOut(_ name: String) async throws {
    let local = try LocalHub()
    let folder = try local.changedModel(
      "bert-sharded",
      ["model.safetensors.index.json": #"{"weight_map": {"a": "\#(name)"}}"#])
    local.server.setModel("tiny/model", folder)
    let error = await local.failure()
    #expect(error == .unsafeName(name: name, model: "tiny/model"))
    #expect(local.server.requests.allSatisfy { !$0.path.contains("evil") })
  }

  @Test(arguments: ["\"../../evil\"", "\"a/b\"", "\"\"", "..", "\".x\"", "\"a b\""])
  func tagsThatLeadOut(_ tag: String) async throws {
    let local = try LocalHub { request, _ in
      request.file == "config.json" ? .header("ETag", tag) : nil
    }
    expectOneLine(await local.failure(), "ETag")
    #expect(local.names(in: "blobs") == [])
  }

  @Test func manyAtOnceFetchEachFileOnce() async throws {
    let local = try LocalHub { request, _ in
      request.isStorage ? .trickle(bytes: 5000, pause: 0.02) : nil
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 { group.addTask { try await local.pull() } }
      try await group.waitForAll()
    }
    try expectWhole(local)
    #expect(local.server.requests.count { $0.isStorage } == 1)
    #expect(local.server.requests.count { $0.method == "GET" && $0.file == "vocab.txt" } == 1)
  }

  @Test func cancellationKeepsWhatCame() async throws {
    let local = try LocalHub { request, before in
      request.isStorage && before == 0 ? .trickle(bytes: 1000, pause: 0.1) : nil
    }
    let task = Task { try await local.pull() }
    while !local.server.requests.contains(where: \.isStorage) {
      try await Task.sleep(for: .milliseconds(10))
    }
    try await Task.sleep(for: .milliseconds(300))
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    try await local.pull()
    try expectWhole(local)
    #expect(local.server.requests.last { $0.isStorage }?.headers["range"] != nil)
  }

  /// A file system of 64 kB, where the system lets us have one.
  @Test(.enabled(if: TinyDisk.isPossible, "mounting a tiny tmpfs needs root on Linux"))
  func aFullDisk() async throws {
    let disk = try TinyDisk()
    let local = try LocalHub()
    let padding = String(repeating: "x", count: 100_000)
    local.server.setModel(
      "tiny/model", try local.changedModel("bert-safetensors", ["vocab.txt": padding]))
    do {
      _ = try await local.hub { $0.cacheFolder = disk.folder }.snapshot(of: LocalHub.model)
      Issue.record("no error")
    } catch {
      expectOneLine(error as? HubError, disk.folder.path, "no space left", "HF_HUB_CACHE")
    }
  }

  @Test func aFolderThatCannotBeWritten() async throws {
    let local = try LocalHub()
    let file = local.folder.appending(path: "file")
    try Data().write(to: file)
    do {
      _ = try await local.hub { $0.cacheFolder = file.appending(path: "cache") }
        .snapshot(of: LocalHub.model)
      Issue.record("no error")
    } catch {
      expectOneLine(error as? HubError, file.path, "HF_HUB_CACHE")
    }
  }
}

private final class Switch: Sendable {
  private let state = Atomic(false)
  var isOn: Bool { state.load(ordering: .relaxed) }
  func turnOn() { state.store(true, ordering: .relaxed) }
}
