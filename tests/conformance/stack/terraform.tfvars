region = "us-east-1"

volumes = {
  "plain"          = 8
  "with space"     = 9
  "dots.and/slash" = 10
  "quo\"ted"       = 11
  "ünïcode ☂"      = 12
  "$${template}"   = 13
}
