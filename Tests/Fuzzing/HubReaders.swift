import Foundation
import HuggingFaceHub

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

extension FuzzedReader {
  /// What servers answer, what a cache holds, and what people write for a model's name.
  static let hubReaders = [
    FuzzedReader(
      name: "hub-listing",
      corpus: [
        Array(
          (#"{"sha":"0123456789abcdef0123456789abcdef01234567","siblings":["#
            + #"{"rfilename":"config.json","size":570,"blobId":"45a2"},"#
            + #"{"rfilename":"model.safetensors","size":440449768,"#
            + #""lfs":{"sha256":"68d4","size":440449768}}],"gated":false}"#).utf8)
      ],
      tokens: ["\"sha\"", "\"siblings\"", "\"rfilename\"", "\"size\"", "\"lfs\"", "../"]
    ) { bytes, _ in
      let listing = try RevisionListing(Data(bytes))
      // What progress is told with.
      for file in listing.files.values { precondition((file.size ?? 0) * 100 >= 0) }
    },
    FuzzedReader(
      name: "hub-headers",
      corpus: [
        Array("W/\"68d45e234eb4\"\n440449768\n120\n\"api\";r=0;t=55".utf8),
        Array("\"a\"\n0\nFri, 31 Dec 2100 23:59:59 GMT\n\"api\";r=0;t=5".utf8),
      ],
      tokens: ["W/", "\"", ";t=", "GMT", "\n"]
    ) { bytes, _ in
      let fields = String(decoding: bytes, as: UTF8.self)
        .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      let identity = BlobIdentity(tag: fields.first, size: fields.dropFirst().first)
      precondition((identity?.size ?? 0) * 100 >= 0)
      var headers: [String: String] = [:]
      for (name, value) in zip(["Retry-After", "RateLimit"], fields.dropFirst(2)) {
        headers[name] = value
      }
      let response = HTTPURLResponse(
        url: URL(filePath: "/"), statusCode: 429, httpVersion: nil, headerFields: headers)
      precondition((0...86_400).contains(response?.requestedWait ?? 0))
    },
    FuzzedReader(
      name: "hub-cache-index",
      corpus: fixtures("checkpoints/bert-sharded/model.safetensors.index.json"),
      tokens: ["\"weight_map\"", "../", "model-00001-of-00002.safetensors"]
    ) { bytes, scratch in
      let commit = "0123456789abcdef0123456789abcdef01234567"
      let model = ModelReference("a/b", revision: commit)!
      let snapshot = try Scratch(
        scratch.folder.appending(path: "models--a--b/snapshots/\(commit)"))
      try snapshot.write(Array("{}".utf8), "config.json")
      try snapshot.write(Array("{}".utf8), "tokenizer.json")
      try snapshot.write(bytes, "model.safetensors.index.json")
      var settings = HubSettings(environment: [:])
      settings.cacheFolder = scratch.folder
      _ = try ModelHub(settings: settings).cachedSnapshot(of: model)
    },
    FuzzedReader(
      name: "hub-address",
      corpus: [
        "https://huggingface.co/org/name/tree/main", "hf://models/org/name@v1.0/config.json",
        "org/name:v1.0", "huggingface.co/org/name/blob/refs%2Fpr%2F1/config.json?download=true#x",
      ].map { Array($0.utf8) },
      tokens: ["https://", "hf://", "@", ":", "/", "%2F", "..", "tree", "refs/pr/1", "?", "#"]
    ) { bytes, _ in
      let text = String(decoding: bytes, as: UTF8.self)
      let location = try ModelLocation(text, endpoint: "http://mirror/hub")
      if case .hub(let model) = location {
        precondition(!model.repository.contains("..") && !model.revision.contains(".."))
        precondition(ModelReference(model.description) == model)
      }
    },
    FuzzedReader(
      name: "hub-settings",
      corpus: [
        Array("HF_HOME=~/x/${HOME}\nHOME=/h\nHF_HUB_ETAG_TIMEOUT=10\nHF_TOKEN_PATH=$HF_HOME/t".utf8)
      ],
      tokens: ["$", "${", "}", "~", "=", "\n", "HF_HUB_CACHE", "HF_ENDPOINT"]
    ) { bytes, _ in
      var environment: [String: String] = [:]
      for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
        let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        environment[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
      }
      let settings = HubSettings(environment: environment)
      precondition((1...86_400).contains(settings.timeout.components.seconds))
    },
  ]
}
