#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Turns the netlink spec (kmod/netlink.yaml) into C headers and a manual page.

    kmod/genl.py SPEC OUTPUT_DIR

writes  voltgate/netlink.h         numbers, for user space and the kernel
        voltgate/netlink_answers.h the functions that answer requests
        voltgate/netlink_policy.h  what the kernel accepts: policies, operations, groups
        voltgate-netlink.7         the reference as a manual page

A spec that is not understood in every word is refused with file, line and
remedy; nothing is guessed. Numbers follow the order of the spec, from 1.
"""
import os
import re
import sys

import yaml

from genl_manual import manual

INTEGERS = {"u8": 8, "u16": 16, "u32": 32, "u64": 64, "s8": 8, "s16": 16, "s32": 32, "s64": 64}
TYPES = set(INTEGERS) | {"binary", "string", "flag", "nest"}
NAME = re.compile(r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")
NAME_MAX = 15  # GENL_NAMSIZ without its end
FLAGS = {"admin-perm": "GENL_ADMIN_PERM", "uns-admin-perm": "GENL_UNS_ADMIN_PERM"}
GROUP_FLAGS = {"uns-admin-perm": "GENL_MCAST_CAP_NET_ADMIN"}

TOP_KEYS = {"name", "protocol", "doc", "version", "c-family-name", "c-version-name", "definitions",
            "attribute-sets", "operations", "mcast-groups"}
SET_KEYS = {"name", "doc", "attributes"}
ATTR_KEYS = {"name", "type", "doc", "len", "min-len", "max-len", "nested-attributes", "multi-attr", "checks"}
OP_KEYS = {"name", "value", "doc", "attribute-set", "flags", "do", "dump", "notify", "mcgrp"}


class SpecError(Exception):
    """One sentence: where, what, what to do."""


class Node(dict):
    """A mapping that knows the line it begins on."""
    line = 0


class Loader(yaml.SafeLoader):
    pass


def construct_node(loader, node):
    loader.flatten_mapping(node)
    result = Node()
    result.line = node.start_mark.line + 1
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in result:
            raise SpecError(f"line {key_node.start_mark.line + 1}: the key '{key}' stands twice; remove one")
        result[key] = loader.construct_object(value_node, deep=True)
    return result


Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, construct_node)


def refuse(node, sentence):
    raise SpecError(f"line {node.line}: {sentence}")


def listed(words):
    return ", ".join(sorted(words))


def check_keys(node, what, allowed, required):
    if not isinstance(node, Node):
        raise SpecError(f"{what} is not a mapping; write it as 'key: value' pairs")
    for key in node:
        if key not in allowed:
            refuse(node, f"{what} has the unknown key '{key}'; known are {listed(allowed)}")
    for key in required:
        if key not in node:
            refuse(node, f"{what} lacks '{key}'; add it")


def check_name(node, what, name, longest=60):
    if not isinstance(name, str) or not NAME.match(name):
        refuse(node, f"{what} has the name '{name}'; use lower-case words joined by '-'")
    if len(name) > longest:
        refuse(node, f"{what} has the name '{name}' of {len(name)} characters; netlink takes {longest}")


def check_flags(node, what, known):
    for flag in node.get("flags", []):
        if flag not in known:
            refuse(node, f"{what} has the unknown flag '{flag}'; known are {listed(known)}")


class Spec:
    """The checked spec. Attributes: name, version, sets, operations, groups, constants (all in spec order)."""

    def __init__(self, text):
        tree = yaml.load(text, Loader)
        check_keys(tree, "the spec", TOP_KEYS, ["name", "protocol", "attribute-sets", "operations"])
        if tree["protocol"] != "genetlink":
            refuse(tree, f"the protocol is '{tree['protocol']}'; only genetlink can be generated")
        check_name(tree, "the family", tree["name"], NAME_MAX)
        self.name = tree["name"]
        self.doc = tree.get("doc", "")
        self.version = tree.get("version", 1)
        self.constants = {}
        self.sets = {}
        self.operations = {}
        self.groups = {}
        for node in tree.get("definitions", []):
            self.take_constant(node)
        for node in tree["attribute-sets"]:
            self.take_set(node)
        for attributes in self.sets.values():
            for attribute in attributes["attributes"].values():
                self.check_nest(attribute)
        for node in tree.get("mcast-groups", Node()).get("list", []):
            self.take_group(node)
        for node in tree["operations"].get("list", []):
            self.take_operation(node)
        self.check_notifications()

    def take_constant(self, node):
        check_keys(node, "a definition", {"name", "type", "value", "doc"}, ["name", "type", "value"])
        check_name(node, "a definition", node["name"])
        if node["type"] != "const" or not isinstance(node["value"], int):
            refuse(node, f"the definition '{node['name']}' is not an integer constant; only those are supported")
        if node["name"] in self.constants:
            refuse(node, f"the definition '{node['name']}' stands twice; rename one")
        self.constants[node["name"]] = node

    def take_set(self, node):
        check_keys(node, "an attribute set", SET_KEYS, ["name", "attributes"])
        check_name(node, "an attribute set", node["name"])
        if node["name"] in self.sets:
            refuse(node, f"the attribute set '{node['name']}' stands twice; rename one")
        attributes = {}
        for attribute in node["attributes"]:
            self.check_attribute(attribute, node["name"])
            if attribute["name"] in attributes:
                refuse(attribute, f"the attribute '{attribute['name']}' stands twice in '{node['name']}'; rename one")
            attribute["number"] = len(attributes) + 1
            attributes[attribute["name"]] = attribute
        if not attributes:
            refuse(node, f"the attribute set '{node['name']}' is empty; give it an attribute or remove it")
        self.sets[node["name"]] = {"doc": node.get("doc", ""), "attributes": attributes}

    def check_attribute(self, node, set_name):
        what = f"an attribute of '{set_name}'"
        check_keys(node, what, ATTR_KEYS, ["name", "type"])
        check_name(node, what, node["name"])
        what = f"the attribute '{node['name']}' of '{set_name}'"
        if node["type"] not in TYPES:
            refuse(node, f"{what} has the unknown type '{node['type']}'; known are {listed(TYPES)}")
        for key in ("len", "min-len", "max-len"):
            if key not in node:
                continue
            if node["type"] not in ("binary", "string") or (node["type"] == "string" and key != "max-len"):
                refuse(node, f"{what} has '{key}', which {node['type']} does not take; remove it")
            node[key] = self.number(node, what, key, node[key], 1, 32767)
        if "len" in node and ("max-len" in node or "min-len" in node):
            refuse(node, f"{what} has 'len' and a range of lengths; keep one of them")
        if node["type"] == "binary" and "len" not in node and "max-len" not in node:
            refuse(node, f"{what} is binary without a bound; add 'len' or 'max-len'")
        if node.get("min-len", 0) > node.get("max-len", 32767):
            refuse(node, f"{what} has a 'min-len' above its 'max-len'; swap them")
        self.check_range(node, what)
        if (node["type"] == "nest") != ("nested-attributes" in node):
            refuse(node, f"{what}: 'type: nest' and 'nested-attributes' go together; add what is missing")

    def check_range(self, node, what):
        if "checks" not in node:
            return
        if node["type"] not in INTEGERS:
            refuse(node, f"{what} has 'checks', which only integers take; use len, min-len or max-len")
        check_keys(node["checks"], f"'checks' of {what}", {"min", "max"}, [])
        bits = INTEGERS[node["type"]]
        low, high = (0, 2 ** bits - 1) if node["type"][0] == "u" else (-2 ** (bits - 1), 2 ** (bits - 1) - 1)
        for key in node["checks"]:
            node["checks"][key] = self.number(node, what, key, node["checks"][key], low, high)
        if node["checks"].get("min", low) > node["checks"].get("max", high):
            refuse(node, f"{what} has a 'min' above its 'max'; swap them")

    def number(self, node, what, key, value, low, high):
        if value in self.constants:
            value = self.constants[value]["value"]
        if not isinstance(value, int) or isinstance(value, bool):
            refuse(node, f"'{key}' of {what} is '{value}'; give a number or the name of a definition")
        if not low <= value <= high:
            refuse(node, f"'{key}' of {what} is {value}; it must lie in {low}..{high}")
        return value

    def check_nest(self, node):
        nested = node.get("nested-attributes")
        if nested is not None and nested not in self.sets:
            refuse(node, f"the attribute '{node['name']}' nests the unknown set '{nested}'; known are {listed(self.sets)}")

    def take_group(self, node):
        check_keys(node, "a multicast group", {"name", "flags", "doc"}, ["name"])
        check_name(node, "a multicast group", node["name"], NAME_MAX)
        check_flags(node, f"the group '{node['name']}'", GROUP_FLAGS)
        if node["name"] in self.groups:
            refuse(node, f"the multicast group '{node['name']}' stands twice; rename one")
        self.groups[node["name"]] = node

    def take_operation(self, node):
        check_keys(node, "an operation", OP_KEYS, ["name", "value", "attribute-set"])
        check_name(node, "an operation", node["name"])
        what = f"the operation '{node['name']}'"
        if node["name"] in self.operations:
            refuse(node, f"{what} stands twice; rename one")
        node["value"] = self.number(node, what, "value", node["value"], 1, 255)
        for other in self.operations.values():
            if other["value"] == node["value"]:
                refuse(node, f"{what} has the number {node['value']} of '{other['name']}'; take another")
        if node["attribute-set"] not in self.sets:
            refuse(node, f"{what} uses the unknown set '{node['attribute-set']}'; known are {listed(self.sets)}")
        check_flags(node, what, FLAGS)
        if ("notify" in node) == ("do" in node or "dump" in node):
            refuse(node, f"{what} must have either 'do' and 'dump' or 'notify'; remove or add one")
        for mode in ("do", "dump"):
            if mode in node:
                node[mode] = self.request_attributes(node, what, mode)
        self.operations[node["name"]] = node

    def request_attributes(self, node, what, mode):
        check_keys(node[mode], f"'{mode}' of {what}", {"request"}, ["request"])
        check_keys(node[mode]["request"], f"'{mode}: request' of {what}", {"attributes"}, ["attributes"])
        known = self.sets[node["attribute-set"]]["attributes"]
        for name in node[mode]["request"]["attributes"]:
            if name not in known:
                refuse(node, f"'{mode}' of {what} names the attribute '{name}', which '{node['attribute-set']}' "
                             f"does not have; known are {listed(known)}")
        return list(node[mode]["request"]["attributes"])

    def check_notifications(self):
        for node in self.operations.values():
            if "notify" not in node:
                continue
            if node["notify"] not in self.operations:
                refuse(node, f"'{node['name']}' notifies of the unknown operation '{node['notify']}'; name one of the list")
            if node.get("mcgrp") not in self.groups:
                refuse(node, f"'{node['name']}' goes to the unknown group '{node.get('mcgrp')}'; "
                             f"known are {listed(self.groups)}")

    def requests(self):
        """The operations that user space may ask for."""
        return [node for node in self.operations.values() if "notify" not in node]


def upper(name):
    return name.upper().replace("-", "_")


def lower(name):
    return name.replace("-", "_")


def attribute_name(set_name, name):
    return f"VG_A_{upper(set_name)}_{upper(name)}"


def header(what, guard):
    return ["/* SPDX-License-Identifier: GPL-2.0 */",
            "/* Generated by kmod/genl.py from kmod/netlink.yaml: change that, not this. */",
            f"/* {what} */", f"#ifndef {guard}", f"#define {guard}", ""]


def numbers_header(spec):
    lines = header("The numbers of the generic netlink family, for kernel and user space.", "VOLTGATE_NETLINK_H")
    lines += [f'#define VG_GENL_NAME "{spec.name}"', f"#define VG_GENL_VERSION {spec.version}", ""]
    lines += [f'#define VG_MCGRP_{upper(name)} "{name}"' for name in spec.groups] + [""]
    for name, node in spec.constants.items():
        note = f" /* {node['doc']} */" if "doc" in node else ""
        lines.append(f"#define VG_NL_{upper(name)} {node['value']}{note}")
    lines.append("")
    for set_name, attributes in spec.sets.items():
        lines.append(f"enum vg_a_{lower(set_name)} {{")
        for name, node in attributes["attributes"].items():
            note = node["type"] + (f"; {node['doc']}" if "doc" in node else "")
            lines.append(f"\t{attribute_name(set_name, name)} = {node['number']}, /* {note} */")
        last = f"__VG_A_{upper(set_name)}_END"
        lines += [f"\t{last},", f"\tVG_A_{upper(set_name)}_MAX = {last} - 1,", "};", ""]
    lines.append("enum vg_cmd {")
    for name, node in spec.operations.items():
        note = f" /* {node['doc']} */" if "doc" in node else ""
        lines.append(f"\tVG_CMD_{upper(name)} = {node['value']},{note}")
    lines += [f"\tVG_CMD_MAX = {max(node['value'] for node in spec.operations.values())},", "};", "", "#endif"]
    return lines


def nest_name(set_name):
    return f"vg_nl_{lower(set_name)}_nest"


def integer_policy(node, range_name, ret_ranges):
    """The policy of an integer; limits that do not fit 16 bits go into a struct of their own."""
    kind, checks = "NLA_" + upper(node["type"]), node.get("checks", {})
    if not checks:
        return f"{{ .type = {kind} }}"
    if all(-32768 <= value <= 32767 for value in checks.values()):
        if len(checks) == 2:
            return f"NLA_POLICY_RANGE({kind}, {checks['min']}, {checks['max']})"
        (key, value), = checks.items()
        return f"NLA_POLICY_{upper(key)}({kind}, {value})"
    signed = node["type"][0] == "s"
    struct = "netlink_range_validation_signed" if signed else "netlink_range_validation"
    bits, suffix = INTEGERS[node["type"]], "LL" if signed else "ULL"
    low = checks.get("min", -(2 ** (bits - 1)) + 1 if signed else 0)
    high = checks.get("max", 2 ** (bits - 1) - 1 if signed else 2 ** bits - 1)
    ret_ranges.append(f"static const struct {struct} {range_name} = {{ .min = {low}{suffix}, .max = {high}{suffix} }};")
    macro = "NLA_POLICY_FULL_RANGE_SIGNED" if signed else "NLA_POLICY_FULL_RANGE"
    return f"{macro}({kind}, &{range_name})"


def attribute_policy(node, range_name, ret_ranges):
    if node["type"] in INTEGERS:
        return integer_policy(node, range_name, ret_ranges)
    if node["type"] == "flag":
        return "{ .type = NLA_FLAG }"
    if node["type"] == "nest":
        return f"NLA_POLICY_NESTED({nest_name(node['nested-attributes'])})"
    if node["type"] == "string":
        return f"{{ .type = NLA_NUL_STRING, .len = {node.get('max-len', NAME_MAX)} }}"
    if "len" in node:
        return f"NLA_POLICY_EXACT_LEN({node['len']})"
    if "min-len" in node:
        return f"NLA_POLICY_RANGE(NLA_BINARY, {node['min-len']}, {node['max-len']})"
    return f"{{ .type = NLA_BINARY, .len = {node['max-len']} }}"


def policy_array(spec, array, set_name, names):
    """An array that accepts just @names: netlink refuses what has no type as unsupported, what lies beyond as unknown."""
    entries, ranges = [], []
    for name in sorted(names, key=lambda name: spec.sets[set_name]["attributes"][name]["number"]):
        node = spec.sets[set_name]["attributes"][name]
        policy = attribute_policy(node, f"{array}_{lower(name)}_range", ranges)
        entries.append(f"\t[{attribute_name(set_name, name)}] = {policy},")
    return ranges + [f"static const struct nla_policy {array}[VG_A_{upper(set_name)}_MAX + 1] = {{"] + entries + ["};", ""]


def nest_arrays(spec):
    """A nest takes all of its set but further nests: none of ours needs a second level, and none is let in."""
    lines, done = [], set()
    for node in spec.requests():
        for mode in ("do", "dump"):
            for name in node.get(mode, []):
                nested = spec.sets[node["attribute-set"]]["attributes"][name].get("nested-attributes")
                if nested is None or nested in done:
                    continue
                done.add(nested)
                inner = [key for key, value in spec.sets[nested]["attributes"].items() if value["type"] != "nest"]
                lines += policy_array(spec, nest_name(nested), nested, inner)
    return lines


def accepted_names(node):
    return sorted(set(node.get("do", [])) | set(node.get("dump", [])))


def surplus(node):
    """do and dump of one command share a policy: these attributes are then let through to a dump that takes them not."""
    return [name for name in node.get("do", []) if name not in node.get("dump", [name])]


def dump_check(node):
    """Refuses them. At the dump's first call, not in its start: up to 6.6 that cannot leave a sentence."""
    if not surplus(node):
        return []
    name = lower(node["name"])
    lines = [f"static inline int vg_nl_{name}_checked_dumpit(struct sk_buff *skb, struct netlink_callback *cb)", "{",
             "\tstruct nlattr **attrs = vg_nl_dump_attrs(cb);", ""]
    for attribute in surplus(node):
        number = attribute_name(node["attribute-set"], attribute)
        lines += [f"\tif (attrs && attrs[{number}]) {{",
                  f"\t\tNL_SET_ERR_MSG_ATTR(cb->extack, attrs[{number}],",
                  f'\t\t\t\t    "a dump of {node["name"]} takes no {attribute}: leave it out, or ask without NLM_F_DUMP");',
                  "\t\treturn -EINVAL;", "\t}"]
    return lines + [f"\treturn vg_nl_{name}_dumpit(skb, cb);", "}", ""]


DUMP_ATTRS = """/* The parsed attributes of the request that a dump answers. */
static inline struct nlattr **vg_nl_dump_attrs(struct netlink_callback *cb)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}
"""


def operation_entry(node):
    lines = ["\t{", f"\t\t.cmd = VG_CMD_{upper(node['name'])},"]
    if node.get("flags"):
        lines.append(f"\t\t.flags = {' | '.join(FLAGS[flag] for flag in node['flags'])},")
    if accepted_names(node):
        lines += [f"\t\t.policy = vg_nl_{lower(node['name'])}_policy,",
                  f"\t\t.maxattr = VG_A_{upper(node['attribute-set'])}_MAX,"]
    else:
        lines += ["\t\t.policy = vg_nl_no_policy,", "\t\t.maxattr = ARRAY_SIZE(vg_nl_no_policy) - 1,"]
    if "do" in node:
        lines.append(f"\t\t.doit = vg_nl_{lower(node['name'])}_doit,")
    if "dump" in node:
        lines.append(f"\t\t.dumpit = vg_nl_{lower(node['name'])}{'_checked' if surplus(node) else ''}_dumpit,")
    return lines + ["\t},"]


def group_entry(name, node):
    flags = [GROUP_FLAGS[flag] for flag in node.get("flags", [])]
    if not flags:
        return [f"\t[VG_NLGRP_{upper(name)}] = {{ .name = VG_MCGRP_{upper(name)} }},"]
    return ["#ifdef GENL_MCAST_CAP_NET_ADMIN",
            f"\t[VG_NLGRP_{upper(name)}] = {{ .name = VG_MCGRP_{upper(name)}, .flags = {' | '.join(flags)} }},",
            "#else", f"#error this kernel cannot keep the group {name} to CAP_NET_ADMIN: use 6.1.67 or newer", "#endif"]


def answers_header(spec):
    lines = header("The functions that answer requests, for the files that define them.", "VOLTGATE_NETLINK_ANSWERS_H")
    lines += ["#include <linux/version.h>", "#include <net/genetlink.h>", '#include "netlink.h"', ""]
    for node in spec.requests():
        if "do" in node:
            lines.append(f"int vg_nl_{lower(node['name'])}_doit(struct sk_buff *skb, struct genl_info *info);")
        if "dump" in node:
            lines.append(f"int vg_nl_{lower(node['name'])}_dumpit(struct sk_buff *skb, struct netlink_callback *cb);")
    return lines + [""] + DUMP_ATTRS.splitlines() + ["", "#endif"]


def policy_header(spec):
    lines = header("What the module accepts: included by kmod/netlink.c alone.", "VOLTGATE_NETLINK_POLICY_H")
    lines += ['#include "netlink_answers.h"', ""] + nest_arrays(spec)
    lines += ["/* Takes nothing: its one entry has no type, which strict validation refuses. */",
              "static const struct nla_policy vg_nl_no_policy[2] = {};", ""]
    for node in spec.requests():
        if accepted_names(node):
            lines += policy_array(spec, f"vg_nl_{lower(node['name'])}_policy", node["attribute-set"], accepted_names(node))
        if "do" in node and "dump" in node:
            lines += dump_check(node)
    lines.append("/* No GENL_DONT_VALIDATE_*: requests and dumps are validated strictly. */")
    lines.append("static const struct genl_ops vg_nl_ops[] = {")
    for node in spec.requests():
        lines += operation_entry(node)
    lines += ["};", "", "enum vg_nl_group {"] + [f"\tVG_NLGRP_{upper(name)}," for name in spec.groups] + ["};", ""]
    lines.append("static const struct genl_multicast_group vg_nl_groups[] = {")
    for name, node in spec.groups.items():
        lines += group_entry(name, node)
    return lines + ["};", "", "#endif"]


def write(path, lines):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: kmod/genl.py SPEC OUTPUT_DIR")
    path, output = sys.argv[1:]
    try:
        with open(path, encoding="utf-8") as spec_file:
            spec = Spec(spec_file.read())
    except OSError as error:
        sys.exit(f"{path}: {error.strerror}; name the netlink spec")
    except yaml.MarkedYAMLError as error:
        sys.exit(f"{path}: line {error.problem_mark.line + 1}: {error.problem}; correct the YAML")
    except SpecError as error:
        sys.exit(f"{path}: {error}")
    write(os.path.join(output, "voltgate/netlink.h"), numbers_header(spec))
    write(os.path.join(output, "voltgate/netlink_answers.h"), answers_header(spec))
    write(os.path.join(output, "voltgate/netlink_policy.h"), policy_header(spec))
    write(os.path.join(output, "voltgate-netlink.7"), manual(spec))


if __name__ == "__main__":
    main()
