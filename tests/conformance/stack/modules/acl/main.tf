variable "vpc_id" {
  type = string
}

variable "subnet_ids" {
  type = list(string)
}

resource "aws_network_acl" "inline" {
  vpc_id     = var.vpc_id
  subnet_ids = var.subnet_ids

  ingress {
    rule_no    = 100
    protocol   = "tcp"
    action     = "allow"
    cidr_block = "10.0.0.0/8"
    from_port  = 0
    to_port    = 65535
  }

  ingress {
    rule_no    = 200
    protocol   = "icmp"
    action     = "deny"
    cidr_block = "0.0.0.0/0"
    from_port  = 0
    to_port    = 0
  }

  egress {
    rule_no    = 100
    protocol   = "-1"
    action     = "allow"
    cidr_block = "0.0.0.0/0"
    from_port  = 0
    to_port    = 0
  }

  tags = {
    Name = "inline"
  }
}

resource "aws_network_acl" "separate" {
  vpc_id = var.vpc_id

  tags = {
    Name = "separate"
  }
}

resource "aws_network_acl_rule" "in" {
  for_each = {
    "10.1.0.0/16" = 100
    "10.2.0.0/16" = 110
  }

  network_acl_id = aws_network_acl.separate.id
  rule_number    = each.value
  rule_action    = "allow"
  protocol       = "tcp"
  cidr_block     = each.key
  from_port      = 22
  to_port        = 22
}

resource "aws_network_acl_rule" "in_v6" {
  network_acl_id  = aws_network_acl.separate.id
  rule_number     = 120
  rule_action     = "allow"
  protocol        = "udp"
  ipv6_cidr_block = "fd00::/8"
  from_port       = 53
  to_port         = 53
}

resource "aws_network_acl_rule" "out" {
  network_acl_id = aws_network_acl.separate.id
  egress         = true
  rule_number    = 100
  rule_action    = "allow"
  protocol       = "-1"
  cidr_block     = "0.0.0.0/0"
}
