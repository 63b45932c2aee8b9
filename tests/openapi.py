"""Microsoft's description of Graph, as a judge of what the client sends and the sandbox answers.

    description = Description.load(path)
    description.check_request("POST", "/users/ID/authentication/phoneMethods", body)
    description.check_answer("GET", "/users?$top=5", 200, body)
    SandboxServer(tenant, wrap=lambda app: Witness(app, description, problems))   # every exchange

A breach raises `Breach`; a Witness collects them in `problems`. Batches are opened and every item is judged.
The file is a subset of the published description; where that differs from the service (GRAPH
section 9) the difference is named here.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import yaml
from openapi_schema_validator import OAS30Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Json = dict[str, object]

# Paths that Graph documents and the subset lacks: judged only by being these.
NOT_IN_SUBSET = (
    "GET /auditLogs/{}",
    "GET /domains",
    "GET /groups",
    "GET /groups/{}",
    "GET /groups/{}/owners",
    "GET /groups/{}/owners/microsoft.graph.user",
    "GET /groups/{}/members",
    "GET /users/{}/manager",
    "GET /groups/{}/members/microsoft.graph.user",
    "GET /identityGovernance/{}/group/eligibilityScheduleInstances",
)
# The documentation writes the cast with its namespace, the description with an alias.
ALIASES = {"microsoft.graph.user": "graph.user", "delta": "delta()"}
# GRAPH section 1: innerError repeats the message, a user may be in a restricted unit; not in the description.
UNDESCRIBED = {
    "microsoft.graph.ODataErrors.InnerError": {"message"},
    "microsoft.graph.user": {"isManagementRestricted"},
}
PAGING = {"$skiptoken", "$deltatoken"}


def _rows(schema: Json) -> Json:
    """What a list's rows are; {} for anything else."""
    found = schema.get("items")
    return found if isinstance(found, dict) else {}


class Breach(AssertionError):
    """A request or an answer that Microsoft's description does not allow."""


def loader() -> type:
    """PyYAML's C loader where it was built, which is ten times as quick."""
    found: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return found


@dataclass
class Description:
    """The description, read once."""

    document: Json
    _validators: dict[str, OAS30Validator] = field(default_factory=dict)

    @staticmethod
    def load(path: Path) -> "Description":
        """Read the YAML file."""
        with path.open("rb") as file:
            return Description(yaml.load(file, Loader=loader()))  # noqa: S506 - a safe loader

    # ------------------------------------------------------------ finding things

    @cached_property
    def _registry(self) -> Registry[object]:
        empty: Registry[object] = Registry()
        whole: Registry[object] = empty.with_resource("urn:graph", DRAFT202012.create_resource(self.document))
        return whole

    def _at(self, pointer: str) -> Json:
        node: object = self.document
        for part in pointer.removeprefix("#/").split("/"):
            assert isinstance(node, dict)
            node = node[part.replace("~1", "/").replace("~0", "~")]
        assert isinstance(node, dict)
        return node

    def _followed(self, node: object) -> Json:
        assert isinstance(node, dict)
        return self._at(str(node["$ref"])) if "$ref" in node else node

    @cached_property
    def _templates(self) -> list[tuple[list[str], Json]]:
        paths = self._at("#/paths")
        return [(name.strip("/").split("/"), self._followed(item)) for name, item in paths.items()]

    def _operation(self, verb: str, url: str) -> tuple[Json, Json] | None:
        """Path item and operation; None for a path of NOT_IN_SUBSET. Raises Breach for any other."""
        got = [ALIASES.get(s, s) for s in urlsplit(url).path.strip("/").split("/")]
        best: Json | None = None
        score = -1
        for template, item in self._templates:
            literal = [a == b for a, b in zip(template, got, strict=False)]
            fits = len(template) == len(got) and all(
                ok or part.startswith("{") for ok, part in zip(literal, template, strict=True)
            )
            if fits and sum(literal) > score:
                best, score = item, sum(literal)
        if best is not None and isinstance(operation := best.get(verb.lower()), dict):
            return best, operation
        shape = f"{verb} /" + "/".join(
            "{}" if n == 1 else s for n, s in enumerate(urlsplit(url).path.strip("/").split("/"))
        )
        if best is None and shape in NOT_IN_SUBSET:
            return None
        raise Breach(f"{verb} {url}: no such operation")

    # ------------------------------------------------------------ judging

    def check_request(self, verb: str, url: str, body: object = None) -> None:
        """url: below the version, with its query. A batch's items are judged too."""
        found = self._operation(verb, url)
        if found is None:
            return
        item, operation = found
        self._check_query(item, operation, verb, url)
        if "requestBody" in operation:
            content = self._followed(operation["requestBody"])["content"]
            assert isinstance(content, dict)
            self._check(content["application/json"]["schema"], body, f"{verb} {url}: request")
        elif body not in (None, {}):
            raise Breach(f"{verb} {url}: has a body, none is described")
        if url.strip("/") == "$batch":
            assert isinstance(body, dict)
            for one in body["requests"]:
                self.check_request(one["method"], one["url"], one.get("body"))

    def _check_query(self, item: Json, operation: Json, verb: str, url: str) -> None:
        named: set[object] = set()
        for holder in (item, operation):
            parameters = holder.get("parameters", [])
            assert isinstance(parameters, list)
            named |= {p["name"] for p in map(self._followed, parameters) if p["in"] == "query"}
        for name, _ in parse_qsl(urlsplit(url).query):
            if name not in named | PAGING:
                raise Breach(f"{verb} {url}: query option {name} is not described")

    def check_answer(self, verb: str, url: str, status: int, body: object = None) -> None:
        """An answer to `verb url`; to judge those inside a batch use `check_batch`."""
        found = self._operation(verb, url) if status < 400 else None
        where = f"{verb} {url}: {status}"
        if status >= 400:
            self._check({"$ref": "#/components/schemas/microsoft.graph.ODataErrors.ODataError"}, body, where)
            return
        if found is None:
            return
        responses = found[1]["responses"]
        assert isinstance(responses, dict)
        described = responses.get(str(status), responses.get(f"{status // 100}XX"))
        if described is None:
            raise Breach(f"{where} is not described, only {sorted(responses)}")
        content = self._followed(described).get("content")
        if status == 204 or not isinstance(content, dict):
            if body is not None:
                raise Breach(f"{where} has a body")
            return
        self._check(content["application/json"]["schema"], body, where)

    def check_batch(self, sent: Json, answer: Json) -> None:
        """A batch's answer and every item of it, against the request that it answers."""
        self.check_answer("POST", "/$batch", 200, answer)
        requests, responses = sent["requests"], answer["responses"]
        assert isinstance(requests, list)
        assert isinstance(responses, list)
        asked = {one["id"]: one for one in requests}
        for got in responses:
            one = asked[got["id"]]
            self.check_answer(one["method"], one["url"], got["status"], got.get("body"))

    def _check(self, schema: object, value: object, where: str) -> None:
        assert isinstance(schema, dict)
        value = self._without_known_differences(value)
        for error in self._errors(schema, value):
            raise Breach(f"{where}: {error}")

    def _errors(self, schema: Json, value: object) -> Iterator[str]:
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            absolute = json.loads(key.replace('"#/', '"urn:graph#/'))
            self._validators[key] = OAS30Validator(absolute, registry=self._registry)
        for error in self._validators[key].iter_errors(value):
            yield f"{error.json_path}: {error.message[:200]}"
        for typed in _typed(value):
            name = str(typed["@odata.type"]).removeprefix("#")
            schemas = self._at("#/components/schemas")
            if name in schemas and key != (own := json.dumps({"$ref": f"#/components/schemas/{name}"})):
                yield from self._errors(json.loads(own), typed)
        yield from self._unknown(schema, value)

    def _unknown(self, schema: Json, value: object) -> Iterator[str]:
        """Properties that no schema of this type names: a misspelt word, or an invented one."""
        if isinstance(value, list):
            for one in value:
                yield from self._unknown(schema, one)
            return
        if not isinstance(value, dict):
            return
        named, extra = dict(self._properties(schema)), set[str]()
        odata = value.get("@odata.type")
        own = f"#/components/schemas/{str(odata).removeprefix('#')}"
        if odata:
            if str(odata).removeprefix("#") not in self._at("#/components/schemas"):
                return  # a type that the subset has left out, such as servicePrincipal
            named |= dict(self._properties({"$ref": own}))
        for name, allowed in UNDESCRIBED.items():
            if any(str(one.get("$ref", "")).endswith(name) for one in (schema, _rows(schema))):
                extra |= allowed
        if not named:
            return
        for key, inner in value.items():
            if key.startswith("@odata.") or key in extra:
                continue
            if key not in named:
                yield f"{key}: no such property"
            else:
                yield from self._unknown(named[key], inner)

    def _properties(self, schema: Json) -> Iterator[tuple[str, Json]]:
        whole = self._followed(schema)
        for part in ("allOf", "anyOf"):
            several = whole.get(part, [])
            assert isinstance(several, list)
            for one in several:
                yield from self._properties(one)
        if isinstance(items := whole.get("items"), dict):
            yield from self._properties(items)
        properties = whole.get("properties", {})
        assert isinstance(properties, dict)
        yield from properties.items()

    def _without_known_differences(self, value: object) -> object:
        """The documented example has "" where the enum has no such word: GRAPH section 9."""
        if isinstance(value, dict):
            return {
                k: self._without_known_differences(v)
                for k, v in value.items()
                if not (k == "userPreferredMethodForSecondaryAuthentication" and v == "")
            }
        return [self._without_known_differences(v) for v in value] if isinstance(value, list) else value


def _typed(value: object) -> Iterator[Json]:
    """Every object in the value that says its type."""
    if isinstance(value, dict):
        if "@odata.type" in value:
            yield value
        for inner in value.values():
            yield from _typed(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _typed(inner)


class Witness:
    """Stands before an ASGI application and judges every exchange; breaches go to `problems`.

    Each half is judged before it goes on: the request before the application has its end, the answer before
    the client has. So a test never asks too early, even where a connection breaks off. Answers that are no
    JSON, or that broke off, are faults made on purpose, and only their requests are judged.
    """

    def __init__(self, app: ASGIApp, description: Description, problems: list[str]) -> None:
        self.app = app
        self.description = description
        self.problems = problems

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        query = scope["query_string"].decode()
        url = scope["raw_path"].decode().removeprefix("/v1.0") + (f"?{query}" if query else "")
        verb = scope["method"]
        sent, got, status = bytearray(), bytearray(), 0
        fine: bool | None = None  # the request; None: not judged yet

        def judge_request() -> bool:
            nonlocal fine
            if fine is None:
                fine = self._keeps(lambda: self._judge_request(verb, url, bytes(sent)))
            return fine

        async def listen() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                sent.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    judge_request()
            return message

        async def speak(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                got.extend(message.get("body", b""))
                if not message.get("more_body", False) and judge_request():
                    self._keeps(lambda: self._judge_answer(verb, url, bytes(sent), status, bytes(got)))
            await send(message)

        await self.app(scope, listen, speak)

    def _keeps(self, judge: Callable[[], None]) -> bool:
        try:
            judge()
        except Breach as e:
            self.problems.append(str(e))
            return False
        return True

    def _judge_request(self, verb: str, url: str, sent: bytes) -> None:
        self.description.check_request(verb, url, json.loads(sent) if sent else None)

    def _judge_answer(self, verb: str, url: str, sent: bytes, status: int, got: bytes) -> None:
        request = json.loads(sent) if sent else None
        try:
            answer = json.loads(got) if got else None
        except ValueError:
            return
        if status == 204:
            self.description.check_answer(verb, url, status, answer)
        elif request is not None and answer is not None and "responses" in answer:
            self.description.check_batch(request, answer)
        elif answer is not None:
            self.description.check_answer(verb, url, status, answer)
