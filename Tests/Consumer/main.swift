import Cloud4Bert

let classifier = try TextClassifier()
let answer = try await classifier.classify("Thanks a lot, that fixed it!")
print(answer.label, answer.score)
