"""What a scan makes of a service or a network that breaks: the right gap, exit code 3, and nothing called drift.
Knows nothing of how the faults are made."""

import proxy


def every_status(report):
    """How every type was read, by type."""
    return {one["type"]: one["status"] for one in report["coverage"]}


def no_drift(report):
    """Complaints about anything that was called changed or gone: nothing was."""
    return [f"{one['kind']}: {one['address']}" for one in report["findings"] if one["kind"] in ("changed", "missing", "unmanaged")]


def broken(report, expected):
    """Complaints about a report of a broken scan. `expected` are the statuses of the types that could not be read; every
    other type must be complete."""
    statuses = every_status(report)
    lines = no_drift(report)
    if report["scan"]["exit_code"] != 3:
        lines.append(f"exit code {report['scan']['exit_code']} instead of 3")
    if report["scan"]["complete"]:
        lines.append("called complete")
    for name, status in sorted(statuses.items()):
        wanted = expected.get(name, "complete") if isinstance(expected, dict) else None
        if wanted and status not in wanted.split("|"):
            lines.append(f"{name}: {status} instead of {wanted}")
    if not any(status != "complete" for status in statuses.values()):
        lines.append("no gap")
    unknown = {one["type"] for one in report["findings"] if one["kind"] == "unknown"}
    for name, status in statuses.items():
        if status == "complete" and name in unknown:
            lines.append(f"{name} is complete, and something of it unknown")
    return lines


def healthy(report, calls=None):
    """Complaints about a report of a scan that got through."""
    lines = no_drift(report) + [f"{name}: {status}" for name, status in every_status(report).items() if status != "complete"]
    if report["scan"]["exit_code"] != 0:
        lines.append(f"exit code {report['scan']['exit_code']}")
    return lines


LAMBDA = ("aws_lambda_event_source_mapping", "aws_lambda_function", "aws_lambda_function_url", "aws_lambda_layer_version", "aws_lambda_permission")


def check(checks, scanner, stack):
    """Every fault in front of the server of a settled stack: that of the functions, which speaks all protocols."""
    state = stack.state("settled")

    def scan(name, fault):
        with proxy.Proxy(stack.moto.url, fault) as between:
            _, report, complaints = scanner.scan(f"fault-{name}", state, url=between.url)
        return report, complaints

    def run(name, fault, judge):
        report, complaints = scan(name, fault)
        checks.check(f"faults: {name}", [*complaints, *judge(report)])

    paged = proxy.Paged()
    run("lists come a page at a time", paged, healthy)
    several = [operation for operation in ("GetAccountAuthorizationDetails", "GET /2015-03-31/event-source-mappings/") if not paged.pages[operation]]
    checks.check("faults: pages were asked for", [f"{operation} was never asked for" for operation in several])
    run("every operation is throttled once", proxy.ThrottleFirst(), healthy)
    run("a service is throttled for good", proxy.Refuse("lambda", 400, "TooManyRequestsException"), lambda report: broken(report, dict.fromkeys(LAMBDA, "throttled")))
    run("a service is down", proxy.Refuse("kms", 503, "ServiceUnavailable"), lambda report: broken(report, {"aws_kms_key": "failed|throttled", "aws_kms_grant": "failed|throttled"}))
    run("a service is denied", proxy.Refuse("iam", 403, "AccessDenied"), lambda report: broken(report, {"aws_iam_role": "denied"}))
    run("a detail is denied", proxy.Refuse("lambda", 403, "AccessDeniedException", ("/policy",)), lambda report: broken(report, {"aws_lambda_permission": "denied"}))
    run("an object's own bucket is denied", proxy.Refuse("s3", 403, "AccessDenied"), lambda report: broken(report, {"aws_s3_bucket": "denied", "aws_s3_object": "denied"}))
    run("the clock is wrong", proxy.Refuse("sqs", 403, "RequestTimeTooSkewed"), lambda report: broken(report, {"aws_sqs_queue": "denied|failed"}))
    run("answers are cut off", proxy.Cut("secretsmanager"), lambda report: broken(report, {"aws_secretsmanager_secret": "failed", "aws_secretsmanager_secret_version": "failed"}))
    expired = proxy.After(20, lambda call: proxy.refusal(call, 403, "ExpiredTokenException", "The security token included in the request is expired"))
    run("credentials expire in the middle", expired, lambda report: broken(report, None))
    dead = proxy.After(20, lambda call: proxy.Reply(0, {}, b"", closed=True))
    run("the endpoint dies in the middle", dead, lambda report: broken(report, None))
    nonsense = proxy.After(20, lambda call: proxy.Reply(200, {"Content-Type": "text/html"}, b"<html>Welcome to the hotel</html>"))
    run("a portal answers in the middle", nonsense, lambda report: broken(report, None))
