"""A stand-in for the W&B server, on loopback, which keeps what a real client sends."""

import gzip
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HISTORY = "wandb-history.jsonl"
SUMMARY = "wandb-summary.json"
API_KEY = "0" * 40


@dataclass
class ReceivedRun:
    """One W&B run, as the server received it."""

    about: dict[str, Any] = field(default_factory=dict)
    """The last value of each variable of ``UpsertBucket``."""
    lines: dict[int, dict[str, Any]] = field(default_factory=dict)
    """The rows of the history by their offset; a row that is sent again replaces the earlier."""
    n_lines_sent: int = 0
    """Number of rows received; a row that was sent twice counts twice."""
    summary: dict[str, Any] = field(default_factory=dict)
    exit_code: int | None = None
    n_begun: int = 0
    """Number of times that a client began the run."""

    @property
    def history(self) -> list[dict[str, Any]]:
        """Return the rows in their order."""
        return [self.lines[offset] for offset in sorted(self.lines)]


class StandIn:
    """A server that answers, refuses or hangs, as a test sets it; `serving` starts one."""

    def __init__(self) -> None:
        """Begin with no runs, answering."""
        self.runs: dict[str, ReceivedRun] = {}
        self.status = 200
        """The HTTP status of every answer; any status but 200 refuses the request."""
        self.is_hanging = False
        self.only = ""
        """The end of the paths at which the server refuses or hangs; all paths by default."""
        self.requests: list[str] = []
        self.lock = threading.Lock()
        self.has_ended = threading.Event()
        self.vanish_after: int | None = None
        """Number of history rows after which the server answers nothing more; None for never."""
        self.address = ""

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment variables that direct a client to this server."""
        return {"WANDB_BASE_URL": self.address, "WANDB_API_KEY": API_KEY}

    @property
    def has_vanished(self) -> bool:
        """Return True if the server has received ``vanish_after`` rows."""
        most = self.vanish_after
        return most is not None and sum(len(run.lines) for run in self.runs.values()) >= most

    def graphql(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a query."""
        query, given = body["query"], body.get("variables") or {}
        name = query.split("(")[0].split("{")[0].split()[-1]
        self.requests.append(name)
        if name == "UpsertBucket":
            return {"upsertBucket": self._upsert(given)}
        if name == "Viewer":
            entity = {"id": "u", "entity": "someone", "username": "someone", "flags": "{}"}
            return {"viewer": {**entity, "email": "", "teams": {"edges": []}}}
        if name == "RunResumeStatus":
            return {"model": self._resume_status(given)}
        if name == "CreateRunFiles":
            files = [
                {"name": each, "uploadUrl": f"{self.address}/upload/{given['run']}/{each}"}
                for each in given["files"]
            ]
            return {"createRunFiles": {"runID": "x", "uploadHeaders": [], "files": files}}
        if name == "ServerFeaturesQuery":
            return {"serverInfo": {"features": []}}
        return {}

    def _upsert(self, given: Mapping[str, Any]) -> dict[str, Any]:
        run = self.runs.setdefault(given["name"], ReceivedRun())
        is_new = not run.about
        run.n_begun += 1
        run.about |= {key: value for key, value in given.items() if value is not None}
        project, entity = given.get("project"), given.get("entity") or "someone"
        place = {"id": "p", "name": project, "entity": {"id": "e", "name": entity}}
        return {
            "bucket": {
                "id": f"id-{given['name']}",
                "name": given["name"],
                "displayName": given.get("displayName"),
                "description": None,
                "config": given.get("config"),
                "sweepName": None,
                "historyLineCount": len(run.lines),
                "project": place,
            },
            "inserted": is_new,
        }

    def _resume_status(self, given: Mapping[str, Any]) -> dict[str, Any]:
        model = {"id": "p", "name": given["project"], "entity": {"id": "e", "name": "someone"}}
        run = self.runs.get(given["name"])
        if run is None or not run.about:
            return {**model, "bucket": None}
        tail = [json.dumps(row) for row in run.history[-1:]]
        return {
            **model,
            "bucket": {
                "id": f"id-{given['name']}",
                "name": given["name"],
                "displayName": run.about.get("displayName"),
                "summaryMetrics": json.dumps(run.summary),
                "logLineCount": 0,
                "historyLineCount": len(run.lines),
                "eventsLineCount": 0,
                "historyTail": json.dumps(tail),
                "eventsTail": "[]",
                "config": run.about.get("config", "{}"),
                "tags": run.about.get("tags", []),
                "notes": run.about.get("notes"),
                "wandbConfig": json.dumps({"t": 1}),
            },
        }

    def file_stream(self, run_id: str, body: Mapping[str, Any]) -> None:
        """Store the history, the summary and the exit code that a client streams."""
        run = self.runs.setdefault(run_id, ReceivedRun())
        for name, chunk in (body.get("files") or {}).items():
            for place, line in enumerate(chunk["content"], start=chunk["offset"]):
                if name == HISTORY:
                    run.lines[place] = json.loads(line)
                    run.n_lines_sent += 1
                elif name == SUMMARY:
                    run.summary = json.loads(line)
        if body.get("complete"):
            run.exit_code = body.get("exitcode")


@contextmanager
def serving() -> Iterator[StandIn]:
    """Serve a `StandIn` on a free port until the block ends."""
    stand_in = StandIn()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers.get("Content-Encoding") == "gzip":
                raw = gzip.decompress(raw)
            if self.path.endswith(stand_in.only):
                if stand_in.is_hanging or stand_in.has_vanished:
                    stand_in.has_ended.wait()
                    self.close_connection = True
                    return
                if stand_in.status != 200:
                    self._answer({"errors": [{"message": "permission denied"}]}, stand_in.status)
                    return
            with stand_in.lock:
                if self.path == "/graphql":
                    body = json.loads(raw)
                    self._answer({"data": stand_in.graphql(body)})
                else:
                    stand_in.requests.append(self.path)
                    if self.path.endswith("file_stream"):
                        stand_in.file_stream(self.path.split("/")[-2], json.loads(raw))
                    self._answer({"exitcode": None, "limits": {}})

        def do_PUT(self) -> None:
            self.do_POST()

        def do_GET(self) -> None:
            self._answer({})

        def _answer(self, contents: object, status: int = 200) -> None:
            text = json.dumps(contents).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass  # the client was killed

    with Server(("127.0.0.1", 0), Handler) as server:
        stand_in.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        thread.start()
        try:
            yield stand_in
        finally:
            stand_in.has_ended.set()
            server.shutdown()
            thread.join()
