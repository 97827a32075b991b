zones    = { a = 1, b = 2 }
replicas = 2
