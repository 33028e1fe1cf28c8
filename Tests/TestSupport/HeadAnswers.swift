public import Foundation

/// What transformers answers with a model's heads of pretraining: the `heads.json` that
/// `Scripts/fixtures/heads.py` writes into its folder.
public struct HeadAnswers: Decodable, Sendable {
  public struct FillMask: Decodable, Sendable {
    public struct Prediction: Decodable, Sendable {
      public let score: Float
      public let token: Int
      public let tokenString: String
      public let sequence: String

      enum CodingKeys: String, CodingKey {
        case score, token, sequence
        case tokenString = "token_str"
      }
    }

    public let text: String
    public let topK: Int
    public let targets: [String]?
    public let targetIDs: [Int]?
    public let inputIDs: [Int32]
    /// A list for each mask.
    public let result: [[Prediction]]
    /// [masks, vocabulary size]
    public let logits: [[Float]]?

    enum CodingKeys: String, CodingKey {
      case text, targets, result, logits
      case topK = "top_k"
      case targetIDs = "target_ids"
      case inputIDs = "input_ids"
    }
  }

  public struct NextSentence: Decodable, Sendable {
    public let text: String
    public let next: String
    public let inputIDs: [Int32]
    public let tokenTypeIDs: [UInt8]
    public let logits: [Float]
    public let probability: Float

    enum CodingKeys: String, CodingKey {
      case text, next, logits, probability
      case inputIDs = "input_ids"
      case tokenTypeIDs = "token_type_ids"
    }
  }

  /// Empty for a model without the head.
  public let fillMask: [FillMask]
  public let nextSentence: [NextSentence]

  enum CodingKeys: String, CodingKey {
    case fillMask = "fill_mask"
    case nextSentence = "next_sentence"
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    fillMask = try container.decodeIfPresent([FillMask].self, forKey: .fillMask) ?? []
    nextSentence = try container.decodeIfPresent([NextSentence].self, forKey: .nextSentence) ?? []
  }

  public init(folder: URL) throws {
    let data = try Data(contentsOf: folder.appending(path: "heads.json"))
    self = try JSONDecoder().decode(HeadAnswers.self, from: data)
  }

  /// The folder of a tiny model with these answers.
  public static func folder(_ name: String) -> URL {
    fixturesFolder.appending(path: "heads/\(name)")
  }

  public static let maskedLanguageModels = [
    "bert-pretraining", "bert-masked-lm-bf16", "bert-masked-lm-untied", "distilbert-masked-lm-f16",
    "distilbert-masked-lm-untied",
  ]
  public static let nextSentenceModels = ["bert-pretraining", "bert-next-sentence"]

  /// Model folders elsewhere, too large to keep here: their paths in `CLOUD4BERT_HEADS`, separated by
  /// colons, each with its heads.json.
  public static let largeModels =
    ProcessInfo.processInfo.environment["CLOUD4BERT_HEADS"]?
    .split(separator: ":").map { URL(filePath: String($0)) } ?? []
}
