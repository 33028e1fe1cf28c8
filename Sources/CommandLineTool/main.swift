print("cloud4bert")
