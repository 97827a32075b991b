variable "vpc_id" {
  type = string
}

variable "prefix_list_id" {
  type = string
}

# Rules inline.
resource "aws_security_group" "inline" {
  name        = "inline"
  description = "Rules inline"
  vpc_id      = var.vpc_id

  ingress {
    description = "HTTPS"
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = ["10.0.0.0/8", "192.168.0.0/16"]
  }

  ingress {
    description      = "HTTP"
    protocol         = "tcp"
    from_port        = 80
    to_port          = 80
    cidr_blocks      = ["10.0.0.0/8"]
    ipv6_cidr_blocks = ["fd00::/8"]
  }

  ingress {
    description = "Among themselves"
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    self        = true
  }

  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }

  tags = {
    Name = "inline"
  }
}

resource "aws_security_group" "inline_odd" {
  name_prefix = "odd-"
  description = "A group, a prefix list, ICMP"
  vpc_id      = var.vpc_id

  ingress {
    protocol        = "tcp"
    from_port       = 22
    to_port         = 22
    security_groups = [aws_security_group.inline.id]
    prefix_list_ids = [var.prefix_list_id]
  }

  ingress {
    protocol    = "icmp"
    from_port   = 8
    to_port     = 0
    cidr_blocks = ["10.0.0.0/8"]
  }
}

# Rules as aws_security_group_rule.
resource "aws_security_group" "separate" {
  name        = "separate"
  description = "Rules as resources"
  vpc_id      = var.vpc_id

  tags = {
    Name = "separate"
  }
}

resource "aws_security_group_rule" "database" {
  for_each = {
    postgres = 5432
    mysql    = 3306
  }

  security_group_id = aws_security_group.separate.id
  type              = "ingress"
  description       = each.key
  protocol          = "tcp"
  from_port         = each.value
  to_port           = each.value
  cidr_blocks       = ["10.10.0.0/16", "10.20.0.0/16"]
}

resource "aws_security_group_rule" "self" {
  security_group_id = aws_security_group.separate.id
  type              = "ingress"
  protocol          = "udp"
  from_port         = 4000
  to_port           = 4100
  self              = true
}

resource "aws_security_group_rule" "from_group" {
  security_group_id        = aws_security_group.separate.id
  type                     = "ingress"
  protocol                 = "tcp"
  from_port                = 9000
  to_port                  = 9000
  source_security_group_id = aws_security_group.inline.id
}

resource "aws_security_group_rule" "out" {
  security_group_id = aws_security_group.separate.id
  type              = "egress"
  protocol          = "-1"
  from_port         = 0
  to_port           = 0
  cidr_blocks       = ["0.0.0.0/0"]
}

# Rules as aws_vpc_security_group_*_rule.
resource "aws_security_group" "modern" {
  name        = "modern"
  description = "One rule a resource"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "https" {
  count = 3

  security_group_id = aws_security_group.modern.id
  description       = "HTTPS from network ${count.index}"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "10.${count.index + 1}0.0.0/16"

  tags = {
    Name = "https ${count.index}"
  }
}

resource "aws_vpc_security_group_ingress_rule" "group" {
  security_group_id            = aws_security_group.modern.id
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8090
  referenced_security_group_id = aws_security_group.separate.id
}

resource "aws_vpc_security_group_egress_rule" "all_v6" {
  security_group_id = aws_security_group.modern.id
  ip_protocol       = "-1"
  cidr_ipv6         = "::/0"
}

resource "aws_vpc_security_group_egress_rule" "dns" {
  security_group_id = aws_security_group.modern.id
  ip_protocol       = "udp"
  from_port         = 53
  to_port           = 53
  cidr_ipv4         = "10.10.0.2/32"
}

output "inline_id" {
  value = aws_security_group.inline.id
}

output "separate_id" {
  value = aws_security_group.separate.id
}
