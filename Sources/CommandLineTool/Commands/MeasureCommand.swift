import ArgumentParser

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// `cloud4bert measure`: the other side of `bench`, which starts one for each model so that each has
/// memory of its own. Reads a ``BenchmarkRequest`` a line and answers each with a line.
struct MeasureCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "measure", abstract: "Measure one model for cloud4bert bench.",
    shouldDisplay: false)

  func run() async throws {
    ChildProcess.endWithParent()
    var model: MeasuredModel?
    while let line = readLine() {
      var reply: BenchmarkReply
      do {
        let request = try JSONDecoder().decode(BenchmarkRequest.self, from: Data(line.utf8))
        if case .open(let setup) = request { model = try MeasuredModel(setup) }
        guard let model else { throw ValidationError("measure is for cloud4bert bench alone") }
        reply = try await model.reply(to: request)
      } catch is DecodingError {
        throw ValidationError("measure is for cloud4bert bench alone")
      } catch let error as ValidationError {
        throw error
      } catch {
        reply = .failed(OptionRemedy.message(of: error))
      }
      print(String(decoding: try JSONEncoder().encode(reply), as: UTF8.self))
      fflush(nil)
    }
  }
}
