import Foundation

#if canImport(FoundationNetworking)
  package import FoundationNetworking
#endif

extension HTTPURLResponse {
  /// How many seconds a server that refuses wants to be left alone: `Retry-After`, in seconds or as a
  /// date, else what the Hub's header `RateLimit` says of the window that is counted in
  /// (https://huggingface.co/docs/hub/rate-limits). Nil where it does not say; at most a day.
  package var requestedWait: Int? {
    let seconds =
      header("Retry-After").flatMap { Self.seconds($0) ?? Self.secondsUntil($0) }
      ?? header("RateLimit").flatMap(Self.windowEnd)
    return seconds.map { min(max(0, $0), 86_400) }
  }

  private static func seconds(_ text: String) -> Int? {
    let digits = text.trimmingCharacters(in: .whitespaces)
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      return nil
    }
    // A number too large to read is a very long wait.
    return Int(digits) ?? .max
  }

  /// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
  private static func secondsUntil(_ date: String) -> Int? {
    // At a mark that joins the letter before it, Foundation's parser on Linux ends the process.
    guard date.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_US_POSIX")
    format.timeZone = TimeZone(identifier: "GMT")
    format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    guard let date = format.date(from: date.trimmingCharacters(in: .whitespaces)) else {
      return nil
    }
    let seconds = date.timeIntervalSinceNow.rounded(.up)
    return Int(exactly: min(max(seconds, 0), 1e9))
  }

  /// The 55 of `"api";r=0;t=55`.
  private static func windowEnd(_ header: String) -> Int? {
    for part in header.split(separator: ";") {
      let pair = part.split(separator: "=", maxSplits: 1)
      if pair.count == 2, pair[0].trimmingCharacters(in: .whitespaces) == "t" {
        return seconds(String(pair[1]))
      }
    }
    return nil
  }
}
