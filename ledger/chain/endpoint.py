"""JSON-RPC with one node over web3's provider; every foreign exception ends here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast
from urllib.parse import urlsplit

from requests import RequestException
from web3 import HTTPProvider
from web3.exceptions import Web3Exception
from web3.types import RPCEndpoint

from ledger.chain.quantities import items, members, nonsense
from ledger.errors import ConfigError, NodeError, NodeUnreachable, RecordError
from ledger.http import AnswerTooLarge, bounded_json
from ledger.identifiers import shown

_CONNECT_TIMEOUT_S: Final = 5.0
_READ_TIMEOUT_S: Final = 25.0
_MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024


class RpcError(NodeError):
    """The node answered with an error: its `reason` in words, its `data` where there is any."""

    def __init__(self, method: str, reason: str, data: object) -> None:
        super().__init__(f"the chain node refuses {method}: {shown(reason, 300)}")
        self.reason = reason
        self.data = data


class Endpoint:
    """One node's address; safe for several threads."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError(
                "the address of a chain node must begin with http:// or https://",
                hint="for example http://127.0.0.1:8545",
            )
        # Without user, password and path, where secrets of hosted nodes stand.
        self.name = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        # No retries of web3's own: they would hide that a reply was lost, and the outbox decides.
        self._provider = HTTPProvider(
            url,
            request_kwargs={
                "timeout": (_CONNECT_TIMEOUT_S, _READ_TIMEOUT_S),
                "hooks": bounded_json(_MAX_ANSWER_BYTES),
            },
            exception_retry_configuration=None,
        )

    def request(self, method: str, *parameters: object) -> Any:
        """Return the result of one call.

        Raises:
            NodeUnreachable: nothing answers, or something that isn't JSON-RPC.
            RpcError: the node answers with an error, or with too much.
        """
        try:
            answer = self._provider.make_request(RPCEndpoint(method), list(parameters))
        except AnswerTooLarge as error:
            # As of a node that bounds its answers itself: whoever asked may ask for less.
            raise RpcError(method, error.message, None) from error
        except (RequestException, Web3Exception, OSError, ValueError, RecordError) as error:
            raise self._unreachable(error) from error
        return _result(method, answer)

    def batch(self, method: str, parameters: Sequence[Sequence[object]]) -> list[Any]:
        """Return the results of many calls of one method, in their order.

        Raises:
            NodeUnreachable: nothing answers, or something that isn't JSON-RPC.
            RpcError: the node answers one of them with an error.
        """
        calls = [(RPCEndpoint(method), list(each)) for each in parameters]
        try:
            answers = self._provider.make_batch_request(calls)
        except (
            RequestException,
            Web3Exception,
            OSError,
            ValueError,
            RecordError,
            # web3 sorts the answers by their ids, whatever those are.
            KeyError,
            TypeError,
            AttributeError,
        ) as error:
            raise self._unreachable(error) from error
        if isinstance(answers, dict):
            return [_result(method, answers)] if len(calls) == 1 else _refuse(method, answers)
        results = [_result(method, answer) for answer in items(answers)]
        if len(results) != len(calls):
            raise nonsense(f"{len(results)} answers to {len(calls)} calls")
        return results

    def _unreachable(self, error: Exception) -> NodeUnreachable:
        # The text of the error may hold the whole address; its kind says enough.
        return NodeUnreachable(
            f"no chain node answers at {self.name} ({type(error).__name__})",
            hint="start the node, or correct its address in the configuration",
        )


def _result(method: str, answer: object) -> Any:
    found = members(answer)
    if found.get("error") is not None:
        _refuse(method, found)
    if "result" not in found:
        raise nonsense("neither result nor error")
    return found["result"]


def _refuse(method: str, answer: object) -> Any:
    error = members(members(answer).get("error"))
    raise RpcError(
        method, str(error.get("message", "no message")), cast("object", error.get("data"))
    )
