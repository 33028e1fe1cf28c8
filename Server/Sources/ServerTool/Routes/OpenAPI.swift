import Cloud4Bert
import NIOCore

extension Service {
  /// `GET /openapi.json`: the routes as OpenAPI 3.1 describes them.
  func openAPI() -> Answer { Answer(body: ByteBuffer(string: Self.description)) }

  /// `GET /docs`: a page of the same.
  func docs() -> Answer {
    Answer(type: "text/html; charset=utf-8", body: ByteBuffer(string: Self.docsPage))
  }

  private static let description = #"""
    {"openapi":"3.1.0","info":{"title":"Cloud4Bert","version":"\#(Cloud4BertVersion.current)",
    "description":"Labels, vectors and scores of texts, in the shapes of text-embeddings-inference, of the Hugging Face Hub's inference and of OpenAI's embeddings."},
    "components":{
    "securitySchemes":{"key":{"type":"http","scheme":"bearer"}},
    "schemas":{
    "Label":{"type":"object","required":["label","score"],"properties":{"label":{"type":"string"},"score":{"type":"number"}}},
    "Labels":{"type":"array","items":{"$ref":"#/components/schemas/Label"}},
    "Ids":{"description":"Ids of the model's own tokens, in place of a text.","type":"array","minItems":1,"items":{"type":"integer","minimum":0}},
    "Texts":{"anyOf":[{"type":"string"},{"$ref":"#/components/schemas/Ids"},{"type":"array","minItems":1,"items":{"anyOf":[{"type":"string"},{"$ref":"#/components/schemas/Ids"}]}}]},
    "Error":{"type":"object","required":["error","error_type"],"properties":{"error":{"type":"string"},"error_type":{"enum":["Validation","Tokenizer","Backend","Overloaded","Unhealthy","Empty"]}}},
    "OpenAIError":{"type":"object","required":["error"],"properties":{"error":{"type":"object","properties":{"message":{"type":"string"},"type":{"type":"string"}}}}},
    "PredictRequest":{"type":"object","required":["inputs"],"properties":{
    "inputs":{"description":"A text; [text, text], a pair; or [[text], [text, text]], a batch.","oneOf":[{"type":"string"},{"type":"array","minItems":1,"items":{"type":"string"}},{"type":"array","minItems":1,"items":{"type":"array","minItems":1,"maxItems":2,"items":{"type":"string"}}},{"type":"object","required":["text"],"properties":{"text":{"type":"string"},"text_pair":{"type":"string"}}}]},
    "truncate":{"type":"boolean"},"truncation_direction":{"enum":["left","right","Left","Right"]},"raw_scores":{"type":"boolean"},
    "parameters":{"type":"object","properties":{"function_to_apply":{"enum":["softmax","sigmoid","none"]},"top_k":{"type":"integer","minimum":1},"targets":{"type":"array","items":{"type":"string"}}}}}},
    "EmbedRequest":{"type":"object","required":["inputs"],"properties":{"inputs":{"$ref":"#/components/schemas/Texts"},"truncate":{"type":"boolean"},"truncation_direction":{"enum":["left","right","Left","Right"]},"normalize":{"type":"boolean"},"dimensions":{"type":"integer","minimum":1},"prompt_name":{"type":"string"}}},
    "RerankRequest":{"type":"object","required":["query","texts"],"properties":{"query":{"type":"string"},"texts":{"type":"array","minItems":1,"items":{"type":"string"}},"raw_scores":{"type":"boolean"},"return_text":{"type":"boolean"},"truncate":{"type":"boolean"}}},
    "TokenizeRequest":{"type":"object","required":["inputs"],"properties":{"inputs":{"$ref":"#/components/schemas/Texts"},"add_special_tokens":{"type":"boolean"}}},
    "EmbeddingsRequest":{"type":"object","required":["input"],"properties":{"input":{"$ref":"#/components/schemas/Texts"},"model":{"type":"string"},"encoding_format":{"enum":["float","base64"]},"dimensions":{"type":"integer","minimum":1},"user":{"type":"string"}}}
    },
    "responses":{
    "Error":{"description":"Why there is no answer.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Error"}}}},
    "OpenAIError":{"description":"Why there is no answer.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/OpenAIError"}}}}
    }},
    "security":[{},{"key":[]}],
    "paths":{
    "/":{"get":{"summary":"A page to try the model.","responses":{"200":{"description":"HTML.","content":{"text/html":{}}}}},
    "post":{"summary":"What the model is for: the Hub's inference.","requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/PredictRequest"}}}},"responses":{"200":{"description":"With parameters a list of labels a text; else as /predict or /embed.","content":{"application/json":{}}},"4XX":{"$ref":"#/components/responses/Error"}}}},
    "/predict":{"post":{"summary":"Labels of texts and pairs, best first.","requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/PredictRequest"}}}},"responses":{"200":{"description":"All labels; of a batch a list of such lists.","content":{"application/json":{"schema":{"oneOf":[{"$ref":"#/components/schemas/Labels"},{"type":"array","items":{"$ref":"#/components/schemas/Labels"}}]}}}},"4XX":{"$ref":"#/components/responses/Error"}}}},
    "/embed":{"post":{"summary":"A vector a text.","requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/EmbedRequest"}}}},"responses":{"200":{"description":"[texts, size]","content":{"application/json":{"schema":{"type":"array","items":{"type":"array","items":{"type":"number"}}}}}},"4XX":{"$ref":"#/components/responses/Error"}}}},
    "/rerank":{"post":{"summary":"Texts by how well they answer a query, best first.","requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/RerankRequest"}}}},"responses":{"200":{"description":"Ranks.","content":{"application/json":{"schema":{"type":"array","items":{"type":"object","required":["index","score"],"properties":{"index":{"type":"integer"},"score":{"type":"number"},"text":{"type":"string"}}}}}}},"4XX":{"$ref":"#/components/responses/Error"}}}},
    "/tokenize":{"post":{"summary":"The tokens of texts.","requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/TokenizeRequest"}}}},"responses":{"200":{"description":"A list of tokens a text.","content":{"application/json":{"schema":{"type":"array","items":{"type":"array","items":{"type":"object","required":["id","text","special","start","stop"],"properties":{"id":{"type":"integer"},"text":{"type":"string"},"special":{"type":"boolean"},"start":{"type":["integer","null"]},"stop":{"type":["integer","null"]}}}}}}}},"4XX":{"$ref":"#/components/responses/Error"}}}},
    "/v1/embeddings":{"post":{"summary":"OpenAI's embeddings.","requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/EmbeddingsRequest"}}}},"responses":{"200":{"description":"A list of embeddings.","content":{"application/json":{}}},"4XX":{"$ref":"#/components/responses/OpenAIError"}}}},
    "/v1/models":{"get":{"summary":"The one model, as OpenAI lists it.","responses":{"200":{"description":"A list.","content":{"application/json":{}}},"4XX":{"$ref":"#/components/responses/OpenAIError"}}}},
    "/info":{"get":{"summary":"The model and the limits.","responses":{"200":{"description":"An object.","content":{"application/json":{}}},"4XX":{"$ref":"#/components/responses/Error"}}}},
    "/health":{"get":{"summary":"Whether the server runs.","security":[],"responses":{"200":{"description":"It does."}}}},
    "/ready":{"get":{"summary":"Whether the model is open.","security":[],"responses":{"200":{"description":"It is."}}}},
    "/metrics":{"get":{"summary":"Figures for Prometheus.","security":[],"responses":{"200":{"description":"Text, version 0.0.4.","content":{"text/plain":{}}}}}}
    }}
    """#

  private static let docsPage = """
    <!doctype html>
    <html lang="en"><head><meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Cloud4Bert: routes</title>
    <style>
    :root{color-scheme:light dark}
    body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:0 auto;padding:1.5rem 1rem}
    h2{font:600 1.05rem ui-monospace,monospace;margin:1.6rem 0 .2rem}
    pre{background:#8882;border-radius:.4rem;padding:.7rem;overflow:auto;font-size:.85rem}
    </style></head><body><main><h1>Routes</h1><p><a href="/">Try the model</a> · <a href="/openapi.json">openapi.json</a></p><div id="routes"></div></main>
    <script>
    (async () => {
      const api = await (await fetch('/openapi.json')).json();
      const make = (name, text) => { const e = document.createElement(name); e.textContent = text; return e; };
      for (const [path, methods] of Object.entries(api.paths))
        for (const [method, about] of Object.entries(methods)) {
          routes.append(make('h2', method.toUpperCase() + ' ' + path), make('div', about.summary));
          const schema = about.requestBody?.content['application/json'].schema;
          if (schema) routes.append(make('pre', JSON.stringify(api.components.schemas[schema.$ref.split('/').pop()].properties, null, 2)));
        }
    })();
    </script></body></html>
    """
}
