import Files
import Foundation

/// Which files of a repository make a model here; nothing else of it is fetched.
enum WantedFiles {
  private static let configuration = ModelFileName.configuration
  private static let vocabularies = ModelFileName.vocabularies
  private static let settings = ModelFileName.tokenizerSettings + ModelFileName.sentenceSettings
  private static let weights = ModelFileName.weights

  /// The files to fetch, the weights last: where they are, the rest is too.
  ///
  /// - Parameter prefix: The folder in the repository that they are in, with a slash at the end.
  static func wanted(
    in listing: RevisionListing, under prefix: String = "", of model: ModelReference
  ) throws(HubError) -> [String] {
    func isThere(_ name: String) -> Bool { listing.files[prefix + name] != nil }
    guard isThere(configuration) else {
      throw .notAModel(model: "\(model)", lacks: configuration)
    }
    let small = (vocabularies + settings).filter(isThere)
    guard vocabularies.contains(where: isThere) else {
      throw .notAModel(model: "\(model)", lacks: vocabularies.joined(separator: " or "))
    }
    guard let first = weights.first(where: isThere) else {
      throw .notAModel(model: "\(model)", lacks: weights.joined(separator: " or "))
    }
    return ([configuration] + small + [first]).map { prefix + $0 }
  }

  /// Where in a repository there are models to open: the repository itself, or else the folder of the
  /// encoder that `modules.json` names, or both.
  static func prefixes(_ modules: ModuleFiles, isThere: (String) -> Bool) -> [String] {
    let prefix = modules.encoderPrefix
    guard !prefix.isEmpty, isThere(prefix + configuration) else { return [""] }
    return isThere(configuration) ? ["", prefix] : [prefix]
  }

  /// As for one that is opened.
  private static let indexByteLimit = 100_000_000
  private static let shardLimit = 1024

  /// The files that an index names, in order.
  static func shards(index: URL, of model: ModelReference) throws(HubError) -> [String] {
    guard let size = HubCache.size(of: index), size <= indexByteLimit else {
      throw .cannotRead(path: index.path, reason: "no file of up to \(indexByteLimit) bytes")
    }
    let data: Data
    do {
      data = try Data(contentsOf: index)
    } catch {
      throw .cannotRead(path: index.path, reason: error.localizedDescription)
    }
    let fields = try JSONFields<HubError>(parsing: Array(data), file: index.path)
    let map = try fields.required("weight_map", try fields.object("weight_map"))
    var shards: Set<ExactString> = []
    for name in try map.keys() { _ = shards.insert(try map.required(name, try map.string(name))) }
    guard shards.count <= shardLimit else {
      throw .cannotRead(path: index.path, reason: "\(shards.count) files; at most \(shardLimit)")
    }
    let names = shards.sorted().map(\.string)
    for name in names where !isPlainFileName(name) {
      throw .unsafeName(name: name, model: "\(model)")
    }
    return names
  }

  /// What a folder lacks to be opened as a model. What is optional cannot be known from the folder.
  static func missing(in folder: URL, of model: ModelReference) throws(HubError) -> [String] {
    func isThere(_ name: String) -> Bool {
      FileManager.default.fileExists(atPath: folder.appending(path: name).path)
    }
    let modules = ModuleFiles(list: folder.appending(path: ModelFileName.modules))
    var missing: [String] = []
    for prefix in prefixes(modules, isThere: isThere) {
      missing += try self.missing(in: folder, under: prefix, of: model)
    }
    return missing + modules.missing(in: folder)
  }

  private static func missing(
    in folder: URL, under prefix: String, of model: ModelReference
  ) throws(HubError) -> [String] {
    func isThere(_ name: String) -> Bool {
      FileManager.default.fileExists(atPath: folder.appending(path: prefix + name).path)
    }
    var missing: [String] = []
    if !isThere(configuration) { missing.append(prefix + configuration) }
    if !vocabularies.contains(where: isThere) {
      missing.append(vocabularies.map { prefix + $0 }.joined(separator: " or "))
    }
    if let first = weights.first(where: isThere) {
      if ModelFileName.isIndex(first) {
        missing += try shards(index: folder.appending(path: prefix + first), of: model)
          .filter { !isThere($0) }.map { prefix + $0 }
      }
    } else {
      let (first, other) = (prefix + ModelFileName.safetensors, prefix + ModelFileName.torch)
      missing.append("the weights (\(first) or \(other))")
    }
    return missing
  }
}
