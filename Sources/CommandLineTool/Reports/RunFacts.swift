import Cloud4Bert
import Tensors

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// When, where and by what a page's figures were made: a line each on the page.
struct RunFacts {
  let entries: [(name: String, value: String)]

  /// - Parameters:
  ///   - models: What a person calls the models, with what else tells them from others.
  ///   - precision: What products were computed in and by what; nil where nothing was computed.
  init(models: [String], precision: String?, threads: Int? = nil, date: Date = .now) {
    var entries: [(name: String, value: String)] = [
      ("Date", Self.text(date)), ("Program", "cloud4bert \(Cloud4BertVersion.current)"),
    ]
    if let precision {
      let threads = threads.map { ", \($0) thread\($0 == 1 ? "" : "s")" } ?? ""
      entries += [
        ("Processor", "\(Processor.name)\(threads)"),
        ("Precision", "\(precision) (kernels \(Processor.kernels), BLAS \(BLAS.coreType))"),
      ]
    }
    entries += models.enumerated().map { index, model in
      (models.count == 1 ? "Model" : "Model \(index + 1)", model)
    }
    self.entries = entries
  }

  /// As HTML.
  var list: String {
    let items = entries.map { name, value in
      "<div><dt>\(HTML.escaped(name))</dt><dd>\(HTML.escaped(value))</dd></div>"
    }
    return "<dl class=\"facts\">\n\(items.joined(separator: "\n"))\n</dl>"
  }

  /// To the minute, in universal time: `2026-11-25 04:16 UTC`.
  static func text(_ date: Date) -> String {
    "\(date.ISO8601Format().prefix(16).replacing("T", with: " ")) UTC"
  }
}
