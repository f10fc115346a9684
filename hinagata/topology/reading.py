"""Reads assemblies and templates into one topology."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hinagata.assembly.cloud_assembly import AssemblyStack, CloudAssembly, is_file
from hinagata.topology import for_each, sam
from hinagata.topology.edge import Edge
from hinagata.topology.edges import BUILDERS
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, Role
from hinagata.topology.origin import Origin
from hinagata.topology.pseudo_nodes import PseudoNodes
from hinagata.topology.roles import ROLES
from hinagata.topology.scope import Scope
from hinagata.topology.shared_values import SharedValues
from hinagata.topology.template_file import (
    TemplateError,
    TemplateText,
    check_sections,
    copy_template,
    read_template,
)
from hinagata.topology.unresolved_references import may_be_broken, refuse_broken_references
from hinagata.topology.world import World

_STACK = "AWS::CloudFormation::Stack"
_ASSET_PATH = "aws:asset:path"
_CDK_NESTED = ".NestedStack/"
# A template may nest itself; no system has more stacks.
_DEEPEST_NESTING = 20
_MOST_NESTED = 1000


def read_topology(*sources: Path | AssemblyStack) -> Topology:
    """Reads everything that some paths hold into one topology.

    Args:
        *sources: Folders that `cdk synth` made, single stacks of them, and templates in JSON or
            YAML, SAM's too. A template that another one nests is read as part of that one. A
            template by itself does not tell what its stack is called, and so not what is named
            after that.

    Raises:
        HinagataError: A path holds nothing that can be read, or a broken template; one sentence
            says where and what.
    """
    with _collector_paused():
        reader = _Reader()
        files: list[Path] = []
        for source in sources:
            if isinstance(source, AssemblyStack):
                reader.read_stack(source)
            elif is_file(source / "manifest.json"):
                for stack in CloudAssembly.read(source).stacks:
                    reader.read_stack(stack)
            else:
                files.append(source)
        reader.read_files(files)
        return reader.topology()


def topology_of(**templates: Mapping[str, Any]) -> Topology:
    """Returns the topology of templates that are mappings already.

    Args:
        **templates: Templates by the names of their stacks. One that another's nested stack names
            in its TemplateURL is read as that nested stack.

    Raises:
        HinagataError: A template is broken; one sentence says which and where.
    """
    reader = _Reader()
    reader.read_mappings(templates)
    return reader.topology()


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Spares the collector looking again and again at what was read, all of which is in use.

    A third of the reading of 4,800 resources. The memory is bounded by the size of the files.
    """
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        # To and fro moves all to the oldest generation: what was read is not looked at at once.
        gc.freeze()
        gc.unfreeze()
        if paused:
            gc.enable()


@dataclass(frozen=True, eq=False, kw_only=True)
class _Template:
    """A template before it is known how often, and as what, it is deployed."""

    where: str
    document: Mapping[str, Any]
    file: Path | None = None
    json: str = ""
    made_by: Mapping[str, str] = field(default_factory=dict)


# Finds the template of a nested stack, if it is at hand.
_Find = Callable[[_Template, Mapping[str, Any]], _Template | None]


class _Reader:
    def __init__(self) -> None:
        self._pseudo_nodes = PseudoNodes()
        self._shared = SharedValues(self._pseudo_nodes)
        self._nodes: list[Node] = []
        self._loaded: dict[Path, _Template] = {}
        self._entered: set[_Template] = set()
        self._names: dict[str, int] = {}
        self._nested = 0

    def topology(self) -> Topology:
        """Finds the edges, and returns all that was read."""
        world = World(self._nodes, self._pseudo_nodes)
        edges: list[Edge] = []
        for node in self._nodes:
            build = BUILDERS.get(node.type)
            if build is not None:
                world.near = node
                edges += build(node, world)
        return Topology([*self._nodes, *self._pseudo_nodes.made], edges)

    def read_stack(self, stack: AssemblyStack) -> None:
        """Adds a stack of an assembly, and those that it nests."""

        def find(_: _Template, resource: Mapping[str, Any]) -> _Template | None:
            file = _asset(stack, resource)
            return None if file is None else self._load(file)

        template = self._load(stack.template_file)
        self._enter(
            template,
            find,
            Scope(
                name=self._unique(stack.name),
                where=template.where,
                document=template.document,
                shared=self._shared,
                origin=Origin(document=template.document, file=template.file, stack=stack),
                file=template.file,
                region=stack.region,
                account=stack.account,
                stack_name=stack.name,
                stage=str(stack.directory),
            ),
        )

    def read_files(self, files: list[Path]) -> None:
        """Adds templates that are files; those that others nest only where they are nested."""

        def find(template: _Template, resource: Mapping[str, Any]) -> _Template | None:
            file = _beside(template.file, resource)
            return None if file is None else self._load(file)

        self._read_all(
            [(file.name.partition(".")[0] or file.name, None, self._load(file)) for file in files],
            find,
        )

    def read_mappings(self, mappings: Mapping[str, Mapping[str, Any]]) -> None:
        """Adds templates that are mappings; those that others nest only where they are nested."""
        templates: dict[str, _Template] = {}
        for name, document in mappings.items():
            where = f"the template {name}"
            templates[name] = self._prepared(copy_template(document, where), where=where)

        def find(_: _Template, resource: Mapping[str, Any]) -> _Template | None:
            url = _url(resource)
            return templates.get(url) if isinstance(url, str) else None

        self._read_all([(name, name, each) for name, each in templates.items()], find)

    def _read_all(self, named: list[tuple[str, str | None, _Template]], find: _Find) -> None:
        nested = {
            found
            for _, _, template in named
            for resource in _nested_stacks(template.document)
            if (found := find(template, resource)) is not None and found is not template
        }
        for name, stack_name, template in sorted(named, key=lambda each: each[2] in nested):
            # Those that nest each other have no first: then the one named first is.
            if template not in self._entered:
                self._enter(
                    template,
                    find,
                    Scope(
                        name=self._unique(name),
                        where=template.where,
                        document=template.document,
                        shared=self._shared,
                        origin=Origin(
                            document=template.document,
                            file=template.file,
                            made_by=template.made_by,
                        ),
                        file=template.file,
                        stack_name=stack_name,
                    ),
                )

    def _enter(
        self,
        template: _Template,
        find: _Find,
        scope: Scope,
        *,
        conditional: bool = False,
        above: tuple[_Template, ...] = (),
    ) -> None:
        """Adds the resources of a template that is deployed once more."""
        self._entered.add(template)
        self._shared.scopes.append(scope)
        if _has_loops(template):
            written = for_each.write_out(template.document, scope.resolve, scope.where)
            scope.document = scope.origin.document = written.document
            scope.origin.made_by = {**scope.origin.made_by, **written.made_by}
            check_sections(scope.document, scope.where)
        scope.generated = _may_be_generated(scope.document)
        resources = scope.document["Resources"]
        for logical_id, resource in resources.items():
            if scope.generated and logical_id.startswith("Fn::"):
                continue
            type_ = resource["Type"]
            unsure = conditional
            if "Condition" in resource:
                held = scope.condition(resource["Condition"])
                if held is False:
                    scope.left_out.add(logical_id)
                    continue
                unsure = unsure or held is None
            scope.nodes[logical_id] = Node(
                f"{scope.name}/{logical_id}",
                type_,
                logical_id,
                ROLES.get(type_, Role.OTHER),
                scope,
                resource,
                unsure,
            )
        self._nodes += scope.nodes.values()
        if not scope.generated:
            known = resources.keys() | scope.section("Parameters").keys()
            if not template.json or may_be_broken(template.json, known):
                refuse_broken_references(scope)
        for node in [node for node in scope.nodes.values() if node.type == _STACK]:
            inner = find(template, node.raw)
            if inner is not None and inner not in (*above, template):
                self._enter_nested(inner, find, scope, node, above=(*above, template))

    def _enter_nested(
        self,
        inner: _Template,
        find: _Find,
        scope: Scope,
        node: Node,
        *,
        above: tuple[_Template, ...],
    ) -> None:
        self._nested += 1
        if len(above) > _DEEPEST_NESTING or self._nested > _MOST_NESTED:
            message = (
                f"{scope.where} nests more than {_DEEPEST_NESTING} levels or {_MOST_NESTED} stacks"
            )
            raise TemplateError(message)
        stack = scope.origin.stack
        scope.nested[node.logical_id] = Scope(
            name=node.key,
            where=inner.where,
            document=inner.document,
            shared=self._shared,
            origin=Origin(
                document=inner.document,
                file=inner.file,
                stack=stack,
                around=lambda: _around_nested(node),
                made_by=inner.made_by,
            ),
            file=inner.file,
            region=scope.region,
            account=scope.account,
            stage=scope.stage,
            nested_by=node,
        )
        self._enter(
            inner,
            find,
            scope.nested[node.logical_id],
            conditional=node.conditional,
            above=above,
        )

    def _load(self, file: Path) -> _Template:
        if file not in self._loaded:
            self._loaded[file] = self._prepared(read_template(file), where=str(file), file=file)
        return self._loaded[file]

    @staticmethod
    def _prepared(read: TemplateText, *, where: str, file: Path | None = None) -> _Template:
        if not sam.is_sam(read.document):
            return _Template(where=where, document=read.document, file=file, json=read.json)
        expanded = sam.expand(read.document, where, None if file is None else file.parent)
        # The translator's mappings are none of JSON's own.
        plain = copy_template(expanded.document, where)
        return _Template(
            where=where,
            document=plain.document,
            file=file,
            json=plain.json,
            made_by=expanded.made_by,
        )

    def _unique(self, name: str) -> str:
        """Returns the name, with a number if two stacks of different places share it."""
        self._names[name] = self._names.get(name, 0) + 1
        return name if self._names[name] == 1 else f"{name}#{self._names[name]}"


def _has_loops(template: _Template) -> bool:
    transforms = template.document.get("Transform")
    listed = transforms if isinstance(transforms, list) else [transforms]
    return for_each.TRANSFORM in listed and (not template.json or for_each.LOOP in template.json)


def _may_be_generated(document: Mapping[str, Any]) -> bool:
    """Whether a macro may make resources that the template does not show."""
    transforms = document.get("Transform", [])
    listed = transforms if isinstance(transforms, list) else [transforms]
    return any(transform != for_each.TRANSFORM for transform in listed) or any(
        logical_id.startswith("Fn::") for logical_id in document["Resources"]
    )


def _nested_stacks(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [
        resource
        for resource in document["Resources"].values()
        if isinstance(resource, dict) and resource.get("Type") == _STACK
    ]


def _url(resource: Mapping[str, Any]) -> object:
    properties = resource.get("Properties")
    return properties.get("TemplateURL") if isinstance(properties, dict) else None


def _asset(stack: AssemblyStack, resource: Mapping[str, Any]) -> Path | None:
    """Returns the file of a nested stack in an assembly."""
    metadata = resource.get("Metadata")
    path = metadata.get(_ASSET_PATH) if isinstance(metadata, dict) else None
    if isinstance(path, str):
        file = stack.directory / path
        return file if is_file(file) else None
    # Without that note, which the CDK CLI asks for, the key in the bucket tells.
    url = str(_url(resource))
    for asset in stack.file_assets:
        if asset.object_key in url and is_file(asset.path):
            return asset.path
    return None


def _beside(file: Path | None, resource: Mapping[str, Any]) -> Path | None:
    """Returns the file that a template names by a path relative to its own."""
    url = _url(resource)
    if file is None or not isinstance(url, str) or "://" in url:
        return None
    found = file.parent / url
    return found if is_file(found) else None


def _around_nested(node: Node) -> str:
    """Returns `Shop/Inner` for `Shop/Inner.NestedStack/Inner.NestedStackResource`."""
    before, found, _ = node.construct_path.rpartition(_CDK_NESTED)
    return before if found else ""
