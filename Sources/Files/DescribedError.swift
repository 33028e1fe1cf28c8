#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// An error whose `description` is one clear line, which Foundation's `localizedDescription` gives too.
///
/// Every public error of the package is one: `error.localizedDescription` would else read "The
/// operation could not be completed" and a number.
public protocol DescribedError: LocalizedError, CustomStringConvertible {}

extension DescribedError {
  public var errorDescription: String? { description }
  // Foundation's own defaults are seen only where Foundation is imported.
  public var failureReason: String? { nil }
  public var recoverySuggestion: String? { nil }
  public var helpAnchor: String? { nil }
}
