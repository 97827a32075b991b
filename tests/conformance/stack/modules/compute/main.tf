variable "name" {
  type = string
}

variable "ami_id" {
  type = string
}

variable "subnet_id" {
  type = string
}

variable "zone" {
  type = string
}

variable "group_ids" {
  type = list(string)
}

variable "volumes" {
  type = map(number)
}

variable "owner" {
  type = string
}

resource "aws_key_pair" "admin" {
  key_name   = "${var.name}-admin"
  public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIOyRbhgeQ8I6kTFBaydhy02t6rP2ZY1R09RVu5VHo1d conformance@example.com"

  tags = {
    Name = "${var.name} admin"
  }
}

resource "aws_instance" "web" {
  count = 2

  ami                    = var.ami_id
  instance_type          = "t3.micro"
  subnet_id              = var.subnet_id
  vpc_security_group_ids = var.group_ids
  key_name               = aws_key_pair.admin.key_name
  user_data              = "#!/bin/sh\necho '${var.name} ${count.index}' > /etc/motd\n"

  root_block_device {
    volume_size = 12
    volume_type = "gp3"
  }

  tags = {
    Name  = "${var.name} web${count.index}"
    Owner = var.owner
  }

  volume_tags = {
    Name = "${var.name} web${count.index} root"
  }
}

resource "aws_instance" "bastion" {
  ami               = var.ami_id
  instance_type     = "t3.nano"
  subnet_id         = var.subnet_id
  source_dest_check = false

  tags = {
    Name = "${var.name} bastion"
  }
}

resource "aws_network_interface" "extra" {
  subnet_id       = var.subnet_id
  description     = "${var.name} second interface"
  security_groups = var.group_ids

  tags = {
    Name = "${var.name} extra"
  }
}

resource "aws_network_interface" "attached" {
  subnet_id   = var.subnet_id
  description = "${var.name} attached inline"

  attachment {
    instance     = aws_instance.bastion.id
    device_index = 1
  }
}

resource "aws_eip" "instance" {
  instance = aws_instance.web[0].id
  domain   = "vpc"

  tags = {
    Name = "${var.name} web0"
  }
}

resource "aws_eip" "free" {
  count = 2

  domain = "vpc"

  tags = {
    Name = "${var.name} free${count.index}"
  }
}

resource "aws_eip_association" "interface" {
  allocation_id        = aws_eip.free[0].id
  network_interface_id = aws_network_interface.extra.id
}

resource "aws_ebs_volume" "data" {
  for_each = var.volumes

  availability_zone = var.zone
  size              = each.value
  type              = "gp3"
  encrypted         = true

  tags = {
    Name = each.key
  }
}

resource "aws_volume_attachment" "data" {
  volume_id   = aws_ebs_volume.data[keys(var.volumes)[0]].id
  instance_id = aws_instance.web[1].id
  device_name = "/dev/sdh"
}

resource "aws_ebs_snapshot" "data" {
  volume_id   = aws_ebs_volume.data[keys(var.volumes)[0]].id
  description = "${var.name} before the change"

  tags = {
    Name = var.name
  }
}

resource "aws_ami" "golden" {
  name                = "${var.name}-golden"
  description         = "Built from the snapshot"
  architecture        = "x86_64"
  virtualization_type = "hvm"
  root_device_name    = "/dev/xvda"
  ena_support         = true

  ebs_block_device {
    device_name = "/dev/xvda"
    snapshot_id = aws_ebs_snapshot.data.id
    volume_size = 20
    volume_type = "gp2"
  }

  tags = {
    Name = "${var.name} golden"
  }

  # moto keeps none of these as they were asked for.
  lifecycle {
    ignore_changes = [
      architecture, boot_mode, ebs_block_device, ena_support, root_device_name, sriov_net_support, virtualization_type,
    ]
  }
}

resource "aws_launch_template" "web" {
  name                   = "${var.name}-web"
  description            = "Web servers of ${var.name}"
  image_id               = var.ami_id
  instance_type          = "t3.small"
  key_name               = aws_key_pair.admin.key_name
  user_data              = base64encode("#!/bin/sh\ntrue\n")
  vpc_security_group_ids = var.group_ids
  update_default_version = true

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_size = 16
      volume_type = "gp3"
      encrypted   = "true"
    }
  }

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
  }

  tag_specifications {
    resource_type = "instance"
    tags = {
      Name = "${var.name} fleet"
    }
  }

  tags = {
    Name = "${var.name} web"
  }

  # moto adds the template's own tags to these.
  lifecycle {
    ignore_changes = [tag_specifications]
  }
}
