"""Folds a topology to what a person would draw: the resources that carry its story.

Roles, policies, permissions, aliases, alarms, log groups and network are left out, and so is what
runs only while a stack is deployed. A dead-letter queue that serves one thing alone becomes a
part of that thing. Nothing is added: an arrow stands for at least one edge of the topology.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from hinagata.diagram.naming import path_in_stack
from hinagata.diagram.picture import Arrow, Box, Group, Letters, Line, Picture
from hinagata.diagram.wording import line_of, symbol_of, what_is, word_of
from hinagata.topology.cdk_provider import providers
from hinagata.topology.edge import Edge, Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, Role

_STORY = frozenset(Role) - {Role.ROLE, Role.ALARM, Role.LOG, Role.NETWORK, Role.OTHER}
# Drawn only if an arrow ends there.
_BY_THE_WAY = {Role.INTERNET, Role.SCHEDULE, Role.EXTERNAL}
_MESSAGES = (Kind.INVOKES_SYNC, Kind.INVOKES_ASYNC, Kind.POLLS, Kind.DELIVERS)
_GIVEN_UP = (Kind.DEAD_LETTER, Kind.ON_FAILURE)
_ENDS = (*_GIVEN_UP, Kind.ON_SUCCESS)
_ACCESS = (Kind.MAY_READ, Kind.MAY_WRITE)
_SHOWN = (*_MESSAGES, *_ENDS, *_ACCESS, Kind.PASSES_ENV)
_LOG_DESTINATIONS = (
    ("AWS::S3::Bucket", ("LoggingConfiguration",)),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", ("LoadBalancerAttributes",)),
    ("AWS::CloudFront::Distribution", ("DistributionConfig", "Logging")),
)
# More levels of boxes in boxes than this hide what they should show.
_DEEPEST_GROUP = 2


def fold(topology: Topology) -> Picture:
    """Returns the picture of a topology."""
    return _Folding(topology).picture()


@dataclass(eq=False, slots=True)
class _Thing:
    """A node on its way to become a box, or a part of one."""

    key: str
    node: Node
    declared_by: Node  # the node itself; of a schedule, the rule
    path: tuple[str, ...]
    owner: _Thing | None = None  # whose dead letters it takes, if nobody else's
    letters: list[_Thing] = field(default_factory=list)


class _Folding:
    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        hidden = _hidden(topology)
        edges = [
            edge
            for edge in topology.edges(*_SHOWN)
            if edge.source not in hidden
            and edge.target not in hidden
            and (_tells(edge.source, edge) and _tells(edge.target, edge))
        ]
        self._things: dict[str, _Thing] = {}
        at_ends = {node for edge in edges for node in (edge.source, edge.target)}
        for node in topology.nodes:
            if node in hidden or node.type == "Hinagata::Schedule":
                continue
            by_the_way = node.role in _BY_THE_WAY or node.type == "AWS::Cognito::UserPool"
            if node in at_ends or (node.role in _STORY and not by_the_way):
                self._add(node.key, node, node)
        for edge in edges:
            for node in (edge.source, edge.target):
                key = _key(node, edge)
                if key not in self._things:
                    self._add(key, node, edge.via)
        self._edges = edges

    def _add(self, key: str, node: Node, declared_by: Node) -> None:
        self._things[key] = _Thing(key, node, declared_by, path_in_stack(declared_by))

    def picture(self) -> Picture:
        """Returns boxes, groups and arrows."""
        self._attach_letters()
        boxes = [thing for thing in self._things.values() if thing.owner is None]
        stacks: dict[str, list[_Thing]] = defaultdict(list)
        for thing in boxes:
            stacks[thing.declared_by.template.name].append(thing)
        names = [name for name in stacks if name]
        root = Group(name="")
        for name, things in stacks.items():
            group = root
            if name and len(names) > 1:
                group = Group(name=name, is_stack=True)
                root.groups.append(group)
            self._fill(group, things, 0, ())
            if group.is_stack and not group.boxes and len(group.groups) == 1:
                _merge(group, group.groups[0])
        title = f"Architecture of {', '.join(names)}" if names else "Architecture"
        return Picture(title=title, root=root, arrows=tuple(self._arrows()))

    def _attach_letters(self) -> None:
        """Makes each queue that takes but one thing's dead letters a part of that thing."""
        into: dict[str, set[str]] = defaultdict(set)
        busy: set[str] = set()
        for edge in self._edges:
            source, target = _key(edge.source, edge), _key(edge.target, edge)
            if edge.kind in _GIVEN_UP:
                into[target].add(source)
        for edge in self._edges:
            source, target = _key(edge.source, edge), _key(edge.target, edge)
            busy.add(source)
            if edge.kind not in _GIVEN_UP and into.get(target) != {source}:
                busy.add(target)
        for key, sources in into.items():
            thing = self._things[key]
            if thing.node.role is Role.QUEUE and len(sources) == 1 and key not in busy:
                thing.owner = self._things[next(iter(sources))]
                thing.owner.letters.append(thing)

    def _fill(
        self, group: Group, things: Sequence[_Thing], depth: int, above: tuple[str, ...]
    ) -> None:
        """Puts things into a group, those of one construct into a group of their own."""
        level = len(above)
        heads: dict[str, list[_Thing]] = defaultdict(list)
        for thing in things:
            head = thing.path[level] if len(thing.path) > level else thing.path[-1]
            heads[head].append(thing)
        for head, members in heads.items():
            if len(members) == 1:
                group.boxes.append(self._box(members[0], head, above))
                continue
            shared = _shared_path([thing.path for thing in members])
            if depth == _DEEPEST_GROUP or len(shared) <= level:
                for thing in members:
                    rest = "/".join(thing.path[level:]) or head
                    group.boxes.append(self._box(thing, rest, above))
                continue
            inner = Group(name="/".join(shared[level:]))
            group.groups.append(inner)
            self._fill(inner, members, depth + 1, shared)

    def _box(self, thing: _Thing, name: str, above: tuple[str, ...]) -> Box:
        return Box(
            key=thing.key,
            name=name,
            full_name="/".join((*above, name)),
            what=_what(thing),
            symbol=symbol_of(thing.node),
            is_outside=thing.node.role in (Role.EXTERNAL, Role.INTERNET),
            marks=tuple(self._marks(thing.node)),
            letters=tuple(
                Letters(
                    key=letters.key,
                    name=_name_beside(letters.path, thing.path),
                    watched=bool(self._topology.alarms(letters.node)),
                )
                for letters in thing.letters
            ),
        )

    def _marks(self, node: Node) -> Iterable[str]:
        if self._topology.alarms(node):
            yield "watched"
        guards = self._topology.into(node, Kind.GUARDS)
        if any(edge.source.type.startswith("AWS::WAF") for edge in guards):
            yield "firewall"

    def _arrows(self) -> Iterable[Arrow]:
        between: dict[tuple[str, str], list[Edge]] = defaultdict(list)
        for edge in self._edges:
            between[self._ends(edge)].append(edge)
        for (source, target), edges in between.items():
            if source == target and any(
                letters.node is edge.target
                for letters in self._things[source].letters
                for edge in edges
            ):
                continue
            back = between.get((target, source), [])
            told = [edge for edge in edges if not _told_by_another(edge, edges, back)]
            for given_up in (False, True):
                some = [edge for edge in told if (line_of(edge) is Line.GIVES_UP) is given_up]
                if some:
                    yield Arrow(
                        source=source,
                        target=target,
                        words=tuple(dict.fromkeys(word_of(edge) for edge in some)),
                        line=_strongest(line_of(edge) for edge in some),
                    )

    def _ends(self, edge: Edge) -> tuple[str, str]:
        source = self._things[_key(edge.source, edge)]
        target = self._things[_key(edge.target, edge)]
        return (source.owner or source).key, (target.owner or target).key


def _merge(outer: Group, only: Group) -> None:
    """Draws one frame where two would hold the same boxes."""
    if only.name != outer.name:
        outer.name = f"{outer.name}/{only.name}"
    outer.boxes, outer.groups = only.boxes, only.groups


def _hidden(topology: Topology) -> set[Node]:
    """Returns the nodes that carry no story whatever their role is."""
    hidden: set[Node] = set(providers(topology))
    for service in topology.of_type("AWS::ECS::Service"):
        hidden.update(service.nodes("TaskDefinition"))
    for instance in topology.of_type("AWS::RDS::DBInstance"):
        if instance.nodes("DBClusterIdentifier"):
            hidden.add(instance)
    for topic in topology.of_type("AWS::SNS::Topic"):
        # Alarms speak through it, and nothing else does.
        if topology.into(topic, Kind.NOTIFIES) and not _is_at_end(topology, topic):
            hidden.add(topic)
    for type_, path in _LOG_DESTINATIONS:
        for node in topology.of_type(type_):
            hidden.update(
                bucket
                for bucket in node.nodes(*path)
                if bucket.role is Role.BUCKET and not _is_at_end(topology, bucket)
            )
    return hidden


def _is_at_end(topology: Topology, node: Node) -> bool:
    return bool(topology.into(node, *_SHOWN) or topology.out(node, *_SHOWN))


def _tells(node: Node, edge: Edge) -> bool:
    """Whether an edge is reason enough to draw a node."""
    if node.role in _STORY:
        return True
    return edge.kind in _MESSAGES + _ENDS and node.role in (Role.LOG, Role.OTHER)


def _key(node: Node, edge: Edge) -> str:
    """Returns the key of a node's box; each schedule has its own, though they share a clock."""
    return edge.via.key if node.type == "Hinagata::Schedule" else node.key


def _what(thing: _Thing) -> str:
    what = what_is(thing.node)
    if thing.node.type == "Hinagata::Schedule":
        when = thing.declared_by.get("ScheduleExpression")
        return f"{what} {when}" if isinstance(when, str) else what
    return what


def _told_by_another(edge: Edge, edges: Sequence[Edge], back: Sequence[Edge]) -> bool:
    """Whether an edge is but the permission or the name that another edge needs."""
    others = {other.kind for other in edges}
    match edge.kind:
        case Kind.MAY_WRITE:
            return not others.isdisjoint(_MESSAGES + _ENDS)
        case Kind.MAY_READ:
            return any(other.kind is Kind.POLLS for other in back)
        case Kind.PASSES_ENV:
            return bool(others - {Kind.PASSES_ENV}) or bool(back)
    return False


def _strongest(lines: Iterable[Line]) -> Line:
    found = set(lines)
    return next(line for line in Line if line in found)


def _shared_path(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Returns the constructs that paths share; a path's last part is the thing itself."""
    levels = zip(*(path[:-1] for path in paths), strict=False)
    return tuple(level[0] for level in takewhile(lambda level: len(set(level)) == 1, levels))


def _name_beside(path: tuple[str, ...], owner: tuple[str, ...]) -> str:
    shared = len(_shared_path([path, owner]))
    return "/".join(path[shared:])
