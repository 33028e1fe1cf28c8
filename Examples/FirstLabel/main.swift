import Cloud4Bert

let classifier = try TextClassifier()
let answers = try await classifier.classify(["Thanks, that fixed it!", "I hate this plugin."])
for answer in answers { print(answer.label, answer.score) }
