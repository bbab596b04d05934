from __future__ import annotations

from npc_sdk.models.layers import layer_kinds


def test_kinds_follow_from_tensor_names() -> None:
    names = [
        "token_embd.weight",
        "blk.0.ssm_in.weight",
        "blk.1.attn_k.weight",
        "blk.1.ffn_up.weight",
        "blk.2.attn_norm.weight",
        "blk.2.ffn_up.weight",
        "blk.3.ssm_conv1d.weight",
        "blk.3.attn_k.weight",
        "blk.4.attn_qkv.weight",
        "blk.5.attn_qkv.weight",
        "blk.5.ssm_conv1d.weight",
        "blk.6.time_mix_w1.weight",
        "blk.99.attn_k.weight",
    ]
    kinds = layer_kinds(7, names)
    assert kinds == ("mamba", "attention", "mlp", "mamba_attention", "attention", "mamba", "mamba")


def test_no_layers() -> None:
    assert layer_kinds(0, ["blk.0.attn_k.weight"]) == ()
