import Foundation
import NIOCore
import NIOFoundationCompat

/// The JSON of a request, whose size and depth are bounded before anything is made of it.
enum RequestBody {
  /// Deeper than any request's: a list of pairs in an object is three deep.
  static let maxDepth = 16

  static func decode<Value: Decodable>(_: Value.Type, from buffer: ByteBuffer) throws -> Value {
    if buffer.readableBytes == 0 { throw APIError.malformed("the body is empty; send JSON") }
    guard depth(of: buffer.readableBytesView) <= maxDepth else {
      throw APIError.malformed("the JSON is deeper than \(maxDepth) levels")
    }
    do {
      return try JSONDecoder().decode(Value.self, from: Data(buffer: buffer))
    } catch let error as APIError {
      throw error
    } catch DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty {
      throw APIError.malformed("the body is not JSON")
    } catch DecodingError.keyNotFound(let key, let context) {
      throw APIError.unprocessable(
        "'\(path(context.codingPath + [key]))' is missing")
    } catch DecodingError.typeMismatch(_, let context),
      DecodingError.valueNotFound(_, let context), DecodingError.dataCorrupted(let context)
    {
      throw APIError.unprocessable(
        "'\(path(context.codingPath))' is of the wrong kind: \(context.debugDescription)")
    }
  }

  private static func path(_ keys: [any CodingKey]) -> String {
    keys.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
  }

  /// How deep brackets stand in each other, outside strings.
  static func depth(of bytes: some Sequence<UInt8>) -> Int {
    var (depth, deepest, isString, isEscaped) = (0, 0, false, false)
    for byte in bytes {
      if isEscaped {
        isEscaped = false
      } else if isString {
        if byte == UInt8(ascii: "\\") { isEscaped = true }
        if byte == UInt8(ascii: "\"") { isString = false }
      } else {
        switch byte {
        case UInt8(ascii: "\""): isString = true
        case UInt8(ascii: "["), UInt8(ascii: "{"):
          depth += 1
          deepest = max(deepest, depth)
        case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
        default: break
        }
      }
    }
    return deepest
  }
}
