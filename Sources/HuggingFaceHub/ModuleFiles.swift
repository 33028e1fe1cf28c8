import Files
import Foundation

/// Which folders of a repository `modules.json` of sentence-transformers names, and what is wanted of
/// them.
///
/// Who opens the folder says what is wrong with such a file: what is not understood here is left out.
struct ModuleFiles {
  /// One of them is wanted.
  private static let weights = [ModelFileName.safetensors, ModelFileName.torch]

  /// Classes that do nothing without a file.
  private static let classesWithConfiguration = [
    "Pooling", "Dense", "LayerNorm", "WeightedLayerPooling",
  ]
  private static let classesWithWeights = ["Dense", "LayerNorm", "WeightedLayerPooling"]

  /// Where the encoder's files are: "" or such as `0_Transformer/`.
  private(set) var encoderPrefix = ""
  /// The other modules, by their folders, with a slash at the end.
  private var modules: [(prefix: String, className: String)] = []

  /// - Parameter list: The file, which need not be there.
  init(list: URL) {
    guard let size = HubCache.size(of: list), size <= 1 << 20,
      let data = try? Data(contentsOf: list),
      case .array(let elements)? = try? JSON(parsing: Array(data))
    else { return }
    for (index, element) in elements.prefix(64).enumerated() {
      guard case .object(let members) = element, case .string(let type)? = members["type"],
        case .string(let path)? = members["path"], Self.isPlain(path)
      else { continue }
      if index == 0 {
        encoderPrefix = path + "/"
      } else {
        modules.append((path + "/", type.split(separator: ".").last.map(String.init) ?? ""))
      }
    }
  }

  /// Of folders in the repository alone: what is beside the list is wanted anyway.
  private static func isPlain(_ path: String) -> Bool {
    !path.isEmpty && path.utf8.count <= 200
      && path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
        !part.isEmpty && !part.hasPrefix(".")
          && part.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
              || (0x61...0x7A).contains(byte) || "-._".utf8.contains(byte)
          }
      }
  }

  /// The files of the modules behind the encoder, small ones first.
  func wanted(in listing: RevisionListing) -> [String] {
    func isThere(_ name: String) -> Bool { listing.files[name] != nil }
    let small = [ModelFileName.prompts] + modules.map { $0.prefix + ModelFileName.configuration }
    let weights = modules.compactMap { module in
      Self.weights.map { module.prefix + $0 }.first(where: isThere)
    }
    return small.filter(isThere) + weights
  }

  /// What a folder lacks of them.
  func missing(in folder: URL) -> [String] {
    func isThere(_ name: String) -> Bool {
      FileManager.default.fileExists(atPath: folder.appending(path: name).path)
    }
    var missing: [String] = []
    for module in modules {
      if Self.classesWithConfiguration.contains(module.className),
        !isThere(module.prefix + ModelFileName.configuration)
      {
        missing.append(module.prefix + ModelFileName.configuration)
      }
      if Self.classesWithWeights.contains(module.className),
        !Self.weights.contains(where: { isThere(module.prefix + $0) })
      {
        missing.append("\(module.prefix)\(Self.weights[0])")
      }
    }
    return missing
  }
}
