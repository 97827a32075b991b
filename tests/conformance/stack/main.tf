data "aws_caller_identity" "current" {}

data "aws_ami" "base" {
  most_recent = true
  owners      = ["137112412989"]

  filter {
    name   = "name"
    values = ["amzn2-ami-hvm-2.0.20180810-x86_64-gp2"]
  }
}

module "network" {
  source   = "./modules/network"
  for_each = local.networks

  name    = each.key
  cidr    = each.value.cidr
  ipv6    = each.value.ipv6
  region  = var.region
  subnets = local.subnets
}

module "rules" {
  source = "./modules/rules"

  vpc_id         = module.network["blue"].vpc_id
  prefix_list_id = aws_ec2_managed_prefix_list.offices.id
}

module "acl" {
  source = "./modules/acl"

  vpc_id     = module.network["blue"].vpc_id
  subnet_ids = [module.network["blue"].subnet_ids["private-a"]]
}

module "compute" {
  source = "./modules/compute"
  count  = 2

  name      = "app${count.index}"
  ami_id    = data.aws_ami.base.id
  subnet_id = module.network["blue"].subnet_ids["private-a"]
  zone      = "${var.region}a"
  group_ids = [module.rules.inline_id, module.rules.separate_id]
  volumes   = count.index == 0 ? var.volumes : { only = 5 }
  owner     = data.aws_caller_identity.current.account_id
}

module "west" {
  source = "./modules/network"

  providers = {
    aws = aws.west
  }

  name   = "west"
  cidr   = "10.30.0.0/16"
  ipv6   = false
  region = "eu-west-1"
  subnets = {
    "public-a"  = { index = 0, zone = "a", public = true }
    "private-a" = { index = 2, zone = "a", public = false }
  }
}
