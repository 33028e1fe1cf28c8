import Foundation
import Logging

/// Log lines on standard error, as text or as JSON; nothing of a text that was classified is in them.
struct LineLog: LogHandler {
  let isJSON: Bool
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .info

  init(isJSON: Bool) { self.isJSON = isJSON }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
    let (level, message) = (event.level, event.message)
    let time = Date.now.formatted(.iso8601)
    let text =
      if isJSON {
        "{\"time\":\"\(time)\",\"level\":\"\(level)\",\"message\":\(JSONText.quoted("\(message)"))"
          + fields.map {
            ",\(JSONText.quoted(Self.name($0.key))):\(JSONText.quoted("\($0.value)"))"
          }
          .joined() + "}"
      } else {
        ([time, "\(level)", "\(message)"] + fields.map { "\(Self.name($0.key))=\($0.value)" })
          .joined(separator: " ")
      }
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }

  private static func name(_ key: String) -> String { key == "hb.request.id" ? "request_id" : key }
}
