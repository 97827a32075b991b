"""Tests of the suite itself, for a judge that can't fail proves nothing: `python3 tests/conformance/test_suite.py`."""

import unittest

import compare
import plugin
import truth
from address import address
from checks import without_times


def finding(kind, where, *paths, **more):
    changes = [{"path": path} for path in paths]
    return {"kind": kind, "address": where, "attributes": changes, "cause": None, "type": "aws_vpc", "object_id": "x", "scope": {"region": "r"}, **more}


def drift(where, *attributes, actions="update"):
    return {"address": where, "actions": actions, "attributes": list(attributes)}


class Compare(unittest.TestCase):
    def check(self, drifted, findings, expected):
        verdict = {"phase": "none", "drift": drifted}
        self.assertEqual(compare.compare(verdict, {"findings": findings}), expected)

    def test_agreement(self):
        self.check(
            [drift("a.b", "tags", "tags_all", "ingress"), drift("a.c", actions="delete")],
            [finding("changed", "a.b", 'tags["x"]', "ingress[0].description"), finding("missing", "a.c")],
            [],
        )

    def test_miss(self):
        self.check([drift("a.b", "size")], [], ["missed: a.b size"])
        self.check([drift("a.b", actions="delete")], [finding("unknown", "a.b")], ["missed: a.b is gone"])

    def test_invention(self):
        self.check([], [finding("changed", "a.b", "size")], ["invented: a.b size"])
        self.check([drift("a.b", "size")], [finding("changed", "a.b", "size", "type")], ["invented: a.b type"])
        self.check([], [finding("missing", "a.b")], ["invented: a.b called missing"])

    def test_wrong_kind(self):
        self.check([drift("a.b", actions="delete")], [finding("changed", "a.b", "id")], ["invented: a.b id", "missed: a.b is gone"])

    def test_unused_fold(self):
        folds = {"drop": [{"name": "f", "phases": ["p"], "address": "a.*", "attribute": "x"}]}
        self.assertEqual(compare.drop({("b.c", "x")}, folds, "p"), ({("b.c", "x")}, ["f"]))
        self.assertEqual(compare.drop({("a.c", "x"), ("a.c", "y")}, folds, "p"), ({("a.c", "y")}, []))
        self.assertEqual(compare.drop({("a.c", "x")}, folds, "other"), ({("a.c", "x")}, []))

    def test_brackets_are_literal(self):
        self.assertTrue(compare.matches('module.n["a*"].b[*]', 'module.n["axe"].b[12]'))
        self.assertFalse(compare.matches("a.b[0]", "a.b0"))

    def test_quiet(self):
        self.assertEqual(compare.quiet("settled", {"findings": [finding("unapplied", "a.b", "x"), finding("unmanaged", None, default_object=True)]}), [])
        self.assertEqual(len(compare.quiet("settled", {"findings": [finding("changed", "a.b", "x"), finding("unmanaged", None)]})), 2)

    def test_unknown(self):
        report = {"findings": [finding("unknown", "a.b")]}
        self.assertEqual(compare.compare_unknown(["a.b"], report), [])
        self.assertEqual(len(compare.compare_unknown(["a.c"], report)), 2)

    def test_unmanaged(self):
        report = {"findings": [finding("unmanaged", None), finding("unmanaged", None, object_id="d", default_object=True)]}
        self.assertEqual(compare.compare_unmanaged("a phase", [{"type": "aws_vpc", "id": "x", "region": "r"}], report), [])
        self.assertEqual(len(compare.compare_unmanaged("a phase", [{"type": "aws_vpc", "id": "x", "region": "other"}], report)), 2)


    def test_planned(self):
        said = {"findings": [finding("unapplied", "a.b", "size", 'tags["x"]'), finding("pending_create", "a.c"), finding("changed", "a.d", "x")]}
        true = {"a.b": {"kind": "unapplied", "attributes": ["size", "tags"]}, "a.c": {"kind": "pending_create", "attributes": []}}
        self.assertEqual(compare.compare_planned(true, said), [])
        self.assertEqual(len(compare.compare_planned({}, said)), 2)
        self.assertEqual(len(compare.compare_planned({**true, "a.e": {"kind": "pending_removal", "attributes": []}}, said)), 1)
        self.assertEqual(len(compare.compare_planned({**true, "a.b": {"kind": "unapplied", "attributes": ["size"]}}, said)), 1)

    def test_planned_folds(self):
        planned = {"aws_sqs_queue.work": {"kind": "unapplied", "attributes": ["redrive_policy"]}}
        self.assertEqual(compare.drop_planned(planned, "messaging-settled"), ({}, []))
        self.assertEqual(compare.drop_planned({}, "messaging-settled"), ({}, ["json_by_value"]))
        self.assertEqual(compare.drop_planned(planned, "other"), (planned, []))


class Plugin(unittest.TestCase):
    """What is read by the provider is compared without any fold."""

    def verdict(self, **differences):
        one = {**drift("a.b", *differences), "before": {name: before for name, (before, _) in differences.items()}}
        return {"phase": "none", "drift": [{**one, "after": {name: after for name, (_, after) in differences.items()}}]}

    def report(self, kind="changed", *paths, code=2):
        one = finding(kind, "a.b", *paths)
        one["attributes"] = [{"path": path, "recorded": None, "live": "x"} for path in paths]
        coverage = [{"type": "t", "scope": {"region": "r"}, "reader": "plugin", "status": "complete", "cause": None}]
        return {"findings": [one], "scan": {"exit_code": code}, "coverage": coverage}

    def test_raw(self):
        truth = self.verdict(tags=(None, {}), tags_all=(None, {}))
        self.assertEqual(plugin.compare_raw(truth, self.report("changed", "tags", "tags_all")), [])
        self.assertEqual(plugin.compare_raw(truth, self.report("changed", "tags")), ["missed: a.b tags_all: null -> {}"])
        self.assertEqual(plugin.compare_raw({"phase": "none", "drift": []}, self.report("changed", 'tags["x"]')), ['invented: a.b tags: tags["x"]: null -> "x"'])
        self.assertEqual(plugin.compare_raw({"phase": "none", "drift": []}, self.report("missing")), ["invented: a.b called missing"])

    def test_exit(self):
        self.assertEqual(plugin.wrong_exit(self.report("changed", "x")), [])
        self.assertEqual(plugin.wrong_exit(self.report("changed", "x", code=0)), ["exit code 0 instead of 2"])
        self.assertEqual(plugin.wrong_exit(self.report("unapplied", "x", code=3)), ["exit code 3 instead of 0"])

    def test_readers(self):
        self.assertEqual(plugin.other_readers(self.report(), "plugin", "state"), [])
        self.assertEqual(plugin.other_readers(self.report(), "state"), ["t r was read by plugin"])

    def test_confirmed(self):
        truth = self.verdict(tags_all=({}, {"x": "x"}))
        self.assertEqual(plugin.false_findings(truth, self.report("changed", 'tags["x"]')), [])
        self.assertEqual(plugin.false_findings(truth, self.report("changed", "size")), ['invented: a.b size: size: null -> "x"', "missed: a.b tags"])

    def test_disagreements(self):
        self.assertEqual(plugin.disagreements("none", self.report("unapplied", "size")), [])
        self.assertEqual(plugin.disagreements("none", self.report("changed", "size")), ['changed: a.b size: size: null -> "x"'])
        self.assertEqual(plugin.disagreements("none", self.report("missing")), ["missing: a.b"])


class Truth(unittest.TestCase):
    def test_planned(self):
        def resource(name, actions, before, after, unknown=None, **more):
            change = {"actions": actions, "before": before, "after": after, "after_unknown": unknown or {}, **more}
            return {"mode": "managed", "address": name, "change": change}

        shown = {
            "resource_changes": [
                resource("a", ["create"], None, {}),
                resource("b", ["delete", "create"], {"x": 1, "y": "", "z": 1}, {"x": 2, "y": None, "z": None}, {"z": True}),
                resource("c", ["no-op"], {}, {}),
                resource("d", ["no-op"], {}, {}, importing={"id": "x"}),
                resource("e", ["forget"], {}, None),
            ]
        }
        found = {address: (one["kind"], one["attributes"]) for address, one in truth.planned(shown).items()}
        expected = {"a": ("pending_create", []), "b": ("unapplied", ["x"]), "d": ("pending_create", []), "e": ("pending_removal", [])}
        self.assertEqual(found, expected)

    def test_entry(self):
        update = {"address": "a.b", "change": {"actions": ["update"], "before": {"x": 1, "y": 2}, "after": {"x": 1, "y": None, "z": 3}}}
        self.assertEqual(truth.entry(update)["attributes"], ["y", "z"])
        delete = {"address": "a.b", "change": {"actions": ["delete"], "before": {}, "after": None}}
        self.assertEqual(truth.entry(delete)["actions"], "delete")
        with self.assertRaises(ValueError):
            truth.entry({"address": "a.b", "change": {"actions": ["create"], "before": None, "after": {}}})

    def test_changes(self):
        verdict = {"drift": [{"address": "a"}, {"address": "b"}]}
        changes = [
            {"name": "one", "addresses": ("a", "gone"), "harmless": False},
            {"name": "two", "addresses": ("b",), "harmless": True},
        ]
        complaints = truth.check_changes(verdict, changes)
        self.assertEqual(len(complaints), 2)
        self.assertEqual(len(truth.check_changes({"drift": [{"address": "other"}]}, [])), 1)


class Texts(unittest.TestCase):
    def test_address(self):
        resource = {"module": 'module.m["k"]', "type": "t", "name": "n"}
        self.assertEqual(address(resource, {}), 'module.m["k"].t.n')
        self.assertEqual(address(resource, {"index_key": 3}), 'module.m["k"].t.n[3]')
        self.assertEqual(address({"type": "t", "name": "n"}, {"index_key": 'q"${x}ü'}), 't.n["q\\"$${x}ü"]')

    def test_without_times(self):
        one = '{"scan": {"id": "a", "started_at": "b", "repository": {"id": "kept"}, "finished_at": "c"}, "findings": [{"id": "kept"}]}'
        same = without_times(one.replace('"a"', '"other"').replace('"b"', '"later"').replace('"c"', '"end"'))
        self.assertEqual(without_times(one), same)
        self.assertNotEqual(without_times(one), without_times(one.replace("kept", "lost")))


if __name__ == "__main__":
    unittest.main()
