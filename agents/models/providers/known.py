"""The providers known by name, with what their own manuals say: address, variable of the key, a model to begin with.

Model names here are only what answers when a key is set and nothing else is said; the settings name any other.
"""

from agents.models.providers.provider import Provider, WireProtocol

_ABROAD = (
    Provider(
        name="openai",
        title="OpenAI",
        base_url="https://api.openai.com/v1",
        keys=("OPENAI_API_KEY",),
        model="gpt-5.4-mini",
    ),
    Provider(
        name="anthropic",
        title="Anthropic",
        base_url="https://api.anthropic.com",
        keys=("ANTHROPIC_API_KEY",),
        model="claude-sonnet-5",
        wire=WireProtocol.ANTHROPIC,
    ),
    Provider(
        name="gemini",
        title="Gemini",
        base_url="https://generativelanguage.googleapis.com/v1beta",
        keys=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        model="gemini-flash-latest",
        wire=WireProtocol.GEMINI,
    ),
)
_CHINESE = (
    Provider(
        name="dashscope",
        title="DashScope (Bailian)",
        base_url="https://dashscope.aliyuncs.com/compatible-mode/v1",
        keys=("DASHSCOPE_API_KEY",),
        model="qwen3.7-plus",
        other_site="https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        is_mainland=True,
    ),
    Provider(
        name="deepseek",
        title="DeepSeek",
        base_url="https://api.deepseek.com/v1",
        keys=("DEEPSEEK_API_KEY",),
        model="deepseek-v4-flash",
        is_mainland=True,
        wants_thinking_back=True,
    ),
    Provider(
        name="minimax",
        title="MiniMax",
        base_url="https://api.minimax.io/v1",
        keys=("MINIMAX_API_KEY",),
        model="MiniMax-M3",
        other_site="https://api.minimaxi.com/v1",
        extra={"reasoning_split": True},  # else it writes its thinking into the answer
    ),
    Provider(
        name="moonshot",
        title="Moonshot (Kimi)",
        base_url="https://api.moonshot.ai/v1",
        keys=("MOONSHOT_API_KEY",),
        model="kimi-k2.6",
        other_site="https://api.moonshot.cn/v1",
        wants_thinking_back=True,
    ),
    Provider(
        name="zai",
        title="Z.ai (Zhipu)",
        base_url="https://api.z.ai/api/paas/v4",
        keys=("ZAI_API_KEY", "ZHIPUAI_API_KEY"),
        model="glm-5.3",
        other_site="https://open.bigmodel.cn/api/paas/v4",
        other_site_keys=("ZHIPUAI_API_KEY",),
    ),
    Provider(
        name="volcengine",
        title="Volcengine Ark (Doubao)",
        base_url="https://ark.cn-beijing.volces.com/api/v3",
        keys=("ARK_API_KEY",),
        model="doubao-seed-2-1-lite-260915",
        is_mainland=True,
    ),
    Provider(
        name="siliconflow",
        title="SiliconFlow",
        base_url="https://api.siliconflow.cn/v1",
        keys=("SILICONFLOW_API_KEY",),
        model="deepseek-ai/DeepSeek-V4-Flash",
        is_mainland=True,
    ),
    Provider(
        name="qianfan",
        title="Qianfan (ERNIE)",
        base_url="https://qianfan.baidubce.com/v2",
        keys=("QIANFAN_API_KEY",),
        model="ernie-5.1",
        is_mainland=True,
    ),
    Provider(
        name="hunyuan",
        title="Hunyuan",
        base_url="https://api.hunyuan.cloud.tencent.com/v1",
        keys=("HUNYUAN_API_KEY",),
        model="hunyuan-2.0-instruct-20251111",
        is_mainland=True,
    ),
    Provider(
        name="tokenhub",
        title="TokenHub (Tencent)",
        base_url="https://tokenhub.tencentmaas.com/v1",
        keys=("TOKENHUB_API_KEY",),
        model="hy3-preview",
        other_site="https://tokenhub-intl.tencentmaas.com/v1",
        is_mainland=True,
    ),
    Provider(
        name="stepfun",
        title="StepFun",
        base_url="https://api.stepfun.com/v1",
        keys=("STEP_API_KEY", "STEPFUN_API_KEY"),
        model="step-3.7-flash",
        other_site="https://api.stepfun.ai/v1",
        is_mainland=True,
    ),
    Provider(
        name="modelscope",
        title="ModelScope",
        base_url="https://api-inference.modelscope.cn/v1",
        keys=("MODELSCOPE_API_KEY", "MODELSCOPE_SDK_TOKEN"),
        model="Qwen/Qwen3.5-35B-A3B",
        is_mainland=True,
    ),
)
_ROUTERS = (
    Provider(
        name="openrouter",
        title="OpenRouter",
        base_url="https://openrouter.ai/api/v1",
        keys=("OPENROUTER_API_KEY",),
        model="openrouter/auto",
    ),
)
_LOCAL = (
    Provider(name="ollama", title="Ollama", base_url="http://127.0.0.1:11434/v1", is_local=True),
    Provider(name="lmstudio", title="LM Studio", base_url="http://127.0.0.1:1234/v1", is_local=True),
    Provider(name="llamacpp", title="llama.cpp", base_url="http://127.0.0.1:8080/v1", is_local=True),
    Provider(name="vllm", title="vLLM", base_url="http://127.0.0.1:8000/v1", is_local=True),
    Provider(name="xinference", title="Xinference", base_url="http://127.0.0.1:9997/v1", is_local=True),
)
PROVIDERS = {provider.name: provider for provider in (*_ABROAD, *_CHINESE, *_ROUTERS, *_LOCAL)}
"""By name, in the order in which a set key is looked for."""
REHEARSAL = "rehearsal"


def known_at(name: str, base_url: str) -> Provider | None:
    """The provider, if that is its own service, which tells thinking from the answer, and no server of that name."""
    known = PROVIDERS.get(name)
    is_own = known is not None and not known.is_local and base_url.rstrip("/") in (known.base_url, known.other_site)
    return known if is_own else None
