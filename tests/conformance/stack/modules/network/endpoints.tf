resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.main.id
  service_name      = "com.amazonaws.${var.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.private.id]

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "ReadOnly"
        Effect    = "Allow"
        Principal = "*"
        Action    = ["s3:GetObject", "s3:ListBucket"]
        Resource  = ["arn:aws:s3:::artifacts", "arn:aws:s3:::artifacts/*"]
      },
      {
        Sid       = "NoPlainText"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = "*"
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })

  tags = {
    Name = "${var.name} s3"
  }
}

resource "aws_security_group" "endpoints" {
  name        = "endpoints"
  description = "Interface endpoints of ${var.name}"
  vpc_id      = aws_vpc.main.id

  ingress {
    description = "TLS from the network"
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = [var.cidr]
  }
}

resource "aws_vpc_endpoint" "ssm" {
  vpc_id              = aws_vpc.main.id
  service_name        = "com.amazonaws.${var.region}.ssm"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = [for key in keys(local.private_subnets) : aws_subnet.this[key].id]
  security_group_ids  = [aws_security_group.endpoints.id]
}
