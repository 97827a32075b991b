"""Addresses of resource instances, as terraform writes them. Knows nothing else."""

import json


def address(resource, instance):
    """A resource instance's address, as the language writes it."""
    key = instance.get("index_key")
    if key is None:
        suffix = ""
    elif isinstance(key, int):
        suffix = f"[{key}]"
    else:
        suffix = "[" + quote(key) + "]"
    module = f"{resource['module']}." if "module" in resource else ""
    return f"{module}{resource['type']}.{resource['name']}{suffix}"


def quote(key):
    """A string key as terraform writes it in an address: JSON, with templates escaped."""
    return json.dumps(key, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
