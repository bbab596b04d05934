"""The computation of one batch, as llama.cpp builds it for the architectures that are known here.

Written down in llama.cpp's order, because the order decides which memory is free when. Hybrids of Mamba-2,
attention and feed-forward layers (Nemotron-H), and transformers with attention and a gated feed-forward part
in each layer (Llama, Qwen 2 and 3, and what is built like them).
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from npc_sdk.models.compute.dimensions import ContextShape, ModelShape, row_padding
from npc_sdk.models.compute.graph import DEVICE, F16, F32, HOST, I32, I64, Graph, Tensor
from npc_sdk.models.compute.placement import OFFLOAD_ROWS

_ROTATION = 64


class Network:
    """Writes down the computation of one batch. Not thread safe; used once.

    Args:
        model: The model's dimensions.
        context: The context's sizes.
        home: Returns DEVICE or HOST for a layer; the output is the layer after the last.
    """

    def __init__(self, model: ModelShape, context: ContextShape, home: Callable[[int], int]) -> None:
        self._model = model
        self._context = context
        self._home = home
        self._graph = Graph()
        self._tokens = context.tokens
        self._layer = 0
        # llama.cpp keeps norms with their layer where little is computed at once, or all on the device.
        self._pins_norms = context.tokens < OFFLOAD_ROWS or home(0) == DEVICE
        graph, tokens = self._graph, self._tokens
        self._positions = graph.input(tokens, element_bytes=I32)
        self._outputs = graph.input(context.outputs, element_bytes=I32)
        self._key_places = graph.input(tokens, element_bytes=I64)
        value_rows = tokens if context.is_flash else tokens * max(self._value_widths(), default=0)
        self._value_places = graph.input(value_rows, element_bytes=I64)
        mask_bytes = F16 if context.is_flash else F32
        self._mask = graph.input(context.cells, tokens, element_bytes=mask_bytes)
        self._key_rotation = self._rotation(model.key_size, is_key=True)
        self._value_rotation = self._rotation(model.value_size, is_key=False)
        states = graph.input(context.slots, element_bytes=I32)
        self._taking_part = graph.view(states, context.slots)
        self._resting = graph.view(states, 0)

    def hybrid(self) -> Graph:
        """Return the computation of a Nemotron-H."""
        current = self._embed()
        for layer, kind in enumerate(self._model.kinds):
            self._layer = layer
            normed = self._norm(current)
            if kind in ("mamba", "mamba_attention"):
                result = self._mamba(normed)
            elif kind == "attention":
                result = self._attend(normed)
            else:
                result = self._feed_forward(normed)
            current = self._add(result, current)
        self._layer = self._model.layers
        current = self._norm(current)
        current.is_output = True
        return self._finish(self._select(current))

    def transformer(self) -> Graph:
        """Return the computation of a model with attention and a feed-forward part in each layer."""
        current = self._embed()
        last = self._model.layers - 1
        for layer in range(self._model.layers):
            self._layer = layer
            attended = self._attend(self._norm(current), has_positions=True)
            if layer == last:
                attended, current = self._select(attended), self._select(current)
            middle = self._add(attended, current)
            current = self._add(self._feed_forward(self._norm(middle)), middle)
        self._layer = self._model.layers
        return self._finish(self._norm(current))

    def _embed(self) -> Tensor:
        graph, width = self._graph, self._model.width
        tokens = graph.input(self._tokens, element_bytes=I32)
        table = graph.weight(1, HOST)
        rows = graph.compute((width, self._tokens), table, tokens, batch=0)
        graph.expand(rows)
        # The other way to feed a model; llama.cpp keeps room for it in every computation.
        graph.expand(graph.input(width, self._tokens, element_bytes=F32))
        return rows

    def _finish(self, normed: Tensor) -> Graph:
        normed.is_output = True
        logits = self._graph.multiply(self._named("output.weight", "token_embd.weight"), normed, self._model.vocabulary)
        logits.is_output = True
        self._graph.expand(logits)
        return self._graph

    def _weight(self, n_bytes: int) -> Tensor:
        return self._graph.weight(n_bytes, self._home(self._layer))

    def _named(self, *names: str) -> Tensor:
        found = next((tensor for name in names if (tensor := self._model.tensor(name))), None)
        home = self._home(self._layer)
        if found is None:
            return self._graph.weight(0, home)
        return self._graph.weight(found.n_bytes, home, device_extra_bytes=row_padding(found.kind, found.dimensions[0]))

    def _own(self, name: str) -> Tensor:
        return self._named(f"blk.{self._layer}.{name}.weight", f"blk.{self._layer}.{name}")

    def _has(self, name: str) -> bool:
        return self._model.tensor(f"blk.{self._layer}.{name}") is not None

    def _norm(self, source: Tensor) -> Tensor:
        return self._normed(source, self._weight(F32 * source.shape[0]))

    def _normed(self, source: Tensor, weight: Tensor) -> Tensor:
        normed = self._graph.compute(source.shape, source, reuses_source=True)
        if self._pins_norms and self._layer < self._model.layers:
            normed.pinned = self._home(self._layer)
        return self._graph.compute(source.shape, normed, weight, reuses_source=True)

    def _add(self, left: Tensor, right: Tensor) -> Tensor:
        return self._graph.compute(left.shape, left, right, reuses_source=True)

    def _change(self, source: Tensor) -> Tensor:
        return self._graph.compute(source.shape, source, reuses_source=True)

    def _select(self, source: Tensor) -> Tensor:
        return self._graph.compute((source.shape[0], self._context.outputs), source, self._outputs, batch=0)

    def _product(self, name: str, source: Tensor, rows: int) -> Tensor:
        result = self._graph.multiply(self._own(name), source, rows)
        return self._add(result, self._weight(F32 * rows)) if self._has(f"{name}.bias") else result

    def _feed_forward(self, source: Tensor) -> Tensor:
        model = self._model
        inner = model.rows(f"blk.{self._layer}.ffn_up.weight")
        inner = inner or model.feed_forward[self._layer] * max(model.experts_used, 1)
        up = self._product("ffn_up", source, inner)
        if self._has("ffn_gate.weight"):
            gate = self._product("ffn_gate", source, inner)
            active = self._graph.compute(up.shape, gate, up)
        else:
            active = self._change(self._change(up))
        return self._product("ffn_down", active, model.width)

    def _value_widths(self) -> list[int]:
        return [heads * self._model.value_size for heads in self._model.kv_heads]

    def _rotation(self, head_size: int, *, is_key: bool) -> Tensor | None:
        if not self._context.is_kv_quantized or not head_size or head_size % _ROTATION:
            return None
        size = _ROTATION
        while is_key and head_size % (2 * size) == 0:
            size *= 2
        return self._graph.input(size, size, element_bytes=F32)

    def _rotate(self, source: Tensor, rotation: Tensor | None) -> Tensor:
        if rotation is None:
            return source
        size = rotation.shape[0]
        flat = self._graph.view(source, size, prod(source.shape) // size)
        return self._graph.view(self._graph.multiply(rotation, flat, size), *source.shape)

    def _heads(self, name: str, source: Tensor, heads: int, size: int) -> Tensor:
        flat = self._product(name, source, heads * size)
        return self._graph.view(flat, size, heads, self._tokens)

    def _turn(self, source: Tensor, norm: str) -> Tensor:
        if self._has(f"{norm}.weight"):
            source = self._norm(source)
        return self._graph.compute(source.shape, source, self._positions, reuses_source=True)

    def _attend(self, source: Tensor, *, has_positions: bool = False) -> Tensor:
        model, graph = self._model, self._graph
        heads, kv_heads = model.heads[self._layer], model.kv_heads[self._layer]
        query = self._heads("attn_q", source, heads, model.key_size)
        key = self._heads("attn_k", source, kv_heads, model.key_size)
        value = self._heads("attn_v", source, kv_heads, model.value_size)
        if has_positions:
            query, key = self._turn(query, "attn_q_norm"), self._turn(key, "attn_k_norm")
        query, key = self._rotate(query, self._key_rotation), self._rotate(key, self._key_rotation)
        value = self._rotate(value, self._value_rotation)
        for part in (query, value, key):
            graph.expand(part)
        keys = self._remember(key, self._key_places)
        values = self._remember(value, self._value_places)
        mixed = (self._attend_fused if self._context.is_flash else self._attend_plainly)(query, keys, values, kv_heads)
        graph.expand(mixed)
        mixed = self._rotate(mixed, self._value_rotation)
        return self._product("attn_output", mixed, model.width)

    def _remember(self, source: Tensor, places: Tensor) -> Tensor:
        graph, context = self._graph, self._context
        width = prod(source.shape[:2])
        cache = graph.cache(context.kv_type.bytes_of(width * context.cells), self._home(self._layer))
        flat = graph.view(source, width, self._tokens)
        target = cache
        if places.shape[0] != self._tokens:
            # Without fused attention values lie transposed, and are written one number a row.
            flat, target = graph.view(flat, 1, prod(source.shape)), graph.view(cache, cache.n_bytes)
        graph.expand(graph.write(target, flat, places, target))
        return cache

    def _attend_fused(self, query: Tensor, keys: Tensor, values: Tensor, kv_heads: int) -> Tensor:
        graph, model, context = self._graph, self._model, self._context
        heads = query.shape[1]
        parts = [graph.view(graph.view(query, *query.shape), model.key_size, self._tokens, heads)]
        extra = 0
        for cache, size in ((keys, model.key_size), (values, model.value_size)):
            shape = (size, context.cells, kv_heads)
            half_bytes = prod(shape) * F16
            part = self._whole(cache, size)
            if context.kv_type.name == "F32":
                part = graph.compute(shape, part, element_bytes=F16)
            elif context.kv_type.name != "F16":
                extra += half_bytes  # CUDA unpacks the whole cache of the layer beside the result
            parts.append(part)
        mixed = graph.compute((model.value_size, heads, self._tokens), *parts, self._mask, device_extra_bytes=extra)
        return graph.view(mixed, model.value_size * heads, self._tokens)

    def _whole(self, cache: Tensor, row: int) -> Tensor:
        """Return a cache turned for reading; its rows are padded where it is copied to a device."""
        turned = self._graph.view(self._graph.view(cache, cache.n_bytes), cache.n_bytes)
        kv_type = self._context.kv_type
        turned.device_extra_bytes = row_padding(kv_type, row)
        return turned

    def _attend_plainly(self, query: Tensor, keys: Tensor, values: Tensor, kv_heads: int) -> Tensor:
        graph, model, context = self._graph, self._model, self._context
        heads = query.shape[1]
        turned = graph.view(graph.view(query, *query.shape), model.key_size, self._tokens, heads)
        key, value = self._whole(keys, model.key_size), self._whole(values, context.cells)
        scores = graph.compute((context.cells, self._tokens, heads), key, turned)
        weights = graph.compute(scores.shape, scores, self._mask, reuses_source=True)
        mixed = graph.compute((model.value_size, self._tokens, heads), value, weights)
        turned = graph.view(mixed, model.value_size, heads, self._tokens)
        return graph.compute((model.value_size * heads, self._tokens), turned)

    def _recall(self, width: int) -> tuple[Tensor, Tensor]:
        """Return a state of all sequences and a view of it, with its first row set to zero."""
        graph, slots = self._graph, self._context.slots
        state = graph.cache(width * slots * F32, self._home(self._layer))
        rows = graph.view(state, width * slots * F32)
        first = graph.view(rows, width * F32)
        graph.expand(graph.write(first, first))
        return state, rows

    def _keep(self, state: Tensor, rows: Tensor) -> None:
        """Move the states of sequences that take no part; when room is reserved there are none."""
        others = self._graph.compute((0,), rows, self._resting, batch=0)
        self._graph.expand(others)
        self._graph.expand(self._graph.write(self._graph.view(state, 0), others, self._graph.view(state, 0)))

    def _mamba(self, source: Tensor) -> Tensor:
        model, graph, slots = self._model, self._graph, self._context.slots
        width = (model.kernel - 1) * model.mixed
        state, rows = self._recall(width)
        tails = graph.compute((width, slots), rows, self._taking_part, batch=0)
        graph.expand(tails)
        self._keep(state, rows)
        projected = self._product("ssm_in", source, model.inner + model.mixed + model.mamba_heads)
        flat = graph.view(projected, *projected.shape)
        gate = self._columns(flat, model.mamba_head_size, model.mamba_heads)
        steps = self._columns(flat, model.mamba_heads)
        window = self._window(tails, self._columns(flat, model.mixed), state)
        mixed = graph.compute((model.mixed, self._tokens), window, self._own("ssm_conv1d"))
        mixed = self._change(self._add(mixed, self._named(f"blk.{self._layer}.ssm_conv1d.bias")))
        return self._gated(self._scan(mixed, steps), gate)

    def _columns(self, source: Tensor, *shape: int) -> Tensor:
        """Return a view of some columns of every token."""
        span = F32 * (prod(shape) + (self._tokens - 1) * source.shape[0])
        return self._graph.view(source, *shape, self._tokens, span_bytes=span)

    def _window(self, tails: Tensor, inputs: Tensor, state: Tensor) -> Tensor:
        """Return what the convolution sees, and keep its end for the next batch."""
        model, graph, slots = self._model, self._graph, self._context.slots
        before = model.kernel - 1
        length = before + self._tokens // slots
        tail = graph.view(tails, before, model.mixed, slots)
        turned = graph.view(inputs, self._tokens, model.mixed, span_bytes=inputs.n_bytes)
        window = graph.compute((length, model.mixed, slots), tail, turned)
        end = graph.view(window, before, model.mixed, slots, span_bytes=window.n_bytes - F32 * (length - before))
        target = graph.view(state, state.n_bytes)
        graph.expand(graph.write(target, end, target))
        return window

    def _scan(self, mixed: Tensor, steps: Tensor) -> Tensor:
        """Return what the recurrence gives for every token, and keep its state for the next batch."""
        model, graph, slots = self._model, self._graph, self._context.slots
        channels = self._columns(mixed, model.mamba_head_size, model.mamba_heads)
        inputs, outputs = (self._columns(mixed, model.state, model.groups) for _ in range(2))
        steps = self._add(graph.compute(steps.shape, steps), self._named(f"blk.{self._layer}.ssm_dt.bias"))
        size = model.state * model.inner
        state, rows = self._recall(size)
        start = graph.view(rows, size, slots)
        scanned = graph.compute(
            (model.inner * self._tokens + size * slots,),
            *(start, channels, steps, self._own("ssm_a"), inputs, outputs, self._taking_part),
        )
        graph.expand(scanned)
        self._keep(state, rows)
        target = graph.view(state, size, slots)
        graph.expand(graph.write(target, graph.view(scanned, size, slots), target))
        result = graph.view(scanned, *channels.shape)
        through = graph.compute(channels.shape, channels, self._own("ssm_d"), reuses_source=True)
        return self._add(result, through)

    def _gated(self, result: Tensor, gate: Tensor) -> Tensor:
        model, graph = self._model, self._graph
        result = graph.compute(result.shape, graph.compute(gate.shape, gate), result)
        result = graph.view(result, model.inner // model.groups, model.groups, self._tokens)
        result = graph.view(self._normed(result, self._own("ssm_norm")), model.inner, self._tokens)
        return self._product("ssm_out", result, model.width)
