import Cloud4Bert
import Foundation

/// `inputs` of a request for labels: a text, a pair, or many of either.
enum ClassificationInputs: Decodable, Equatable {
  case one(TextInput)
  case texts([String])
  case many([TextInput])

  /// `{"text": …, "text_pair": …}`, as pipelines of transformers take a pair.
  private struct Pair: Decodable {
    let text: String
    let pair: String?

    enum CodingKeys: String, CodingKey {
      case text
      case pair = "text_pair"
    }
  }

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let text = try? value.decode(String.self) {
      self = .one(TextInput(text))
    } else if let texts = try? value.decode([String].self) {
      self = .texts(texts)
    } else if let pair = try? value.decode(Pair.self) {
      self = .one(TextInput(pair.text, pair: pair.pair))
    } else if let pairs = try? value.decode([Pair].self) {
      self = .many(pairs.map { TextInput($0.text, pair: $0.pair) })
    } else if let lists = try? value.decode([[String]].self) {
      self = .many(
        try lists.map { list in
          guard list.count == 1 || list.count == 2 else {
            throw APIError.unprocessable(
              "a list in 'inputs' holds a text or a pair of texts, not \(list.count)")
          }
          return TextInput(list[0], pair: list.count == 2 ? list[1] : nil)
        })
    } else {
      throw APIError.unprocessable(
        "'inputs' is a text, a list of texts, or a list of lists of one or two texts")
    }
  }
}

/// What text-embeddings-inference's `/predict` and the Hub's inference take.
struct PredictRequest: Decodable {
  struct Parameters: Decodable {
    let functionToApply: String?
    let topK: Int?
    let targets: [String]?

    enum CodingKeys: String, CodingKey {
      case functionToApply = "function_to_apply"
      case topK = "top_k"
      case targets
    }
  }

  let inputs: ClassificationInputs
  let truncate: Bool?
  let truncationDirection: String?
  let rawScores: Bool?
  let parameters: Parameters?

  enum CodingKeys: String, CodingKey {
    case inputs, truncate, parameters
    case truncationDirection = "truncation_direction"
    case rawScores = "raw_scores"
  }
}

/// A text or several, which may also be given as ids of the model's own tokens.
struct Texts: Decodable {
  enum Item: Decodable {
    case text(String)
    case ids([Int])

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let text = try? value.decode(String.self) {
        self = .text(text)
      } else {
        self = .ids(try value.decode([Int].self))
      }
    }
  }

  let all: [Item]

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let text = try? value.decode(String.self) {
      all = [.text(text)]
    } else if let texts = try? value.decode([String].self) {
      all = texts.map { .text($0) }
    } else if let ids = try? value.decode([Int].self) {
      all = [.ids(ids)]
    } else if let items = try? value.decode([Item].self) {
      all = items
    } else {
      let key = decoder.codingPath.last?.stringValue ?? "inputs"
      throw APIError.unprocessable(
        "'\(key)' is a text, a list of texts, or token ids in place of a text")
    }
  }
}

struct EmbedRequest: Decodable {
  let inputs: Texts
  let truncate: Bool?
  let truncationDirection: String?
  let normalize: Bool?
  let dimensions: Int?
  let promptName: String?

  enum CodingKeys: String, CodingKey {
    case inputs, truncate, normalize, dimensions
    case truncationDirection = "truncation_direction"
    case promptName = "prompt_name"
  }
}

struct RerankRequest: Decodable {
  let query: String
  let texts: [String]
  let rawScores: Bool?
  let returnText: Bool?
  let truncate: Bool?
  let truncationDirection: String?

  enum CodingKeys: String, CodingKey {
    case query, texts, truncate
    case rawScores = "raw_scores"
    case returnText = "return_text"
    case truncationDirection = "truncation_direction"
  }
}

struct TokenizeRequest: Decodable {
  let inputs: Texts
  let addSpecialTokens: Bool?

  enum CodingKeys: String, CodingKey {
    case inputs
    case addSpecialTokens = "add_special_tokens"
  }
}

/// OpenAI's `POST /v1/embeddings`.
struct EmbeddingsRequest: Decodable {
  enum Format: String, Decodable { case float, base64 }

  let input: Texts
  let format: Format?
  let dimensions: Int?

  enum CodingKeys: String, CodingKey {
    case input, dimensions
    case format = "encoding_format"
  }
}
