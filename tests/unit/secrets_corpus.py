"""Texts with secrets and texts without, made by a seeded generator: nothing here ever opened anything.

`TOKENS` says how keys of providers are built, by their public documentation: a mark, then signs of an alphabet.
`harmless` are texts in which people and programs write what only looks like a secret.
"""

import base64
import json
import random
import string
from collections.abc import Callable, Iterator

HEX, UPPER, LOWER = "0123456789abcdef", string.ascii_uppercase + string.digits, string.ascii_lowercase + string.digits
WORD = string.ascii_letters + string.digits
URLSAFE = WORD + "-_"
BASE64 = WORD + "+/"

TOKENS: dict[str, tuple[object, ...]] = {
    "openai": ("sk-", (WORD, 20), "T3BlbkFJ", (WORD, 20)),
    "openai project": ("sk-proj-", (URLSAFE, 74), "T3BlbkFJ", (URLSAFE, 74)),
    "anthropic": ("sk-ant-api03-", (URLSAFE, 93), "AA"),
    "openrouter": ("sk-or-v1-", (HEX, 64)),
    "deepseek": ("sk-", (HEX, 32)),
    "siliconflow": ("sk-", (string.ascii_lowercase, 48)),
    "google": ("AIza", (URLSAFE, 35)),
    "google client": ("GOCSPX-", (URLSAFE, 28)),
    "google access": ("ya29.a0", (URLSAFE, 150)),
    "aws": ("AKIA", ("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)),
    "aws session": ("ASIA", ("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)),
    "azure client": ((WORD, 3), "8Q~", (WORD + "._~-", 33), "a"),
    "azure storage": ("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=", (BASE64, 86), "=="),
    "azure devops": ((WORD, 52), (WORD, 24), "AZDO", (WORD, 4)),
    "aliyun": ("LTAI5t", (WORD, 18)),
    "tencent": ("AKID", (WORD, 32)),
    "github": ("ghp_", (WORD, 36)),
    "github app": ("ghs_", (WORD, 36)),
    "github fine": ("github_pat_", (WORD, 22), "_", (WORD, 59)),
    "gitlab": ("glpat-", (URLSAFE, 20)),
    "slack bot": ("xoxb-", (string.digits, 12), "-", (string.digits, 13), "-", (WORD, 24)),
    "slack app": ("xapp-1-A", (UPPER, 10), "-", (string.digits, 13), "-", (HEX, 64)),
    "slack hook": ("https://hooks.slack.com/services/T", (UPPER, 9), "/B", (UPPER, 9), "/", (WORD, 24)),
    "telegram": (("123456789", 10), ":AA", (URLSAFE, 33)),
    "discord": ("MT", (WORD, 22), ".", (URLSAFE, 6), ".", (URLSAFE, 38)),
    "discord hook": ("https://discord.com/api/webhooks/", (string.digits, 18), "/", (URLSAFE, 68)),
    "feishu": ("https://open.feishu.cn/open-apis/bot/v2/hook/", "uuid"),
    "feishu tenant": ("t-g1", (WORD, 38)),
    "dingtalk": ("https://oapi.dingtalk.com/robot/send?access_token=", (HEX, 64)),
    "dingtalk secret": ("SEC", (HEX, 64)),
    "wecom": ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=", "uuid"),
    "stripe": ("sk_live_", (WORD, 24)),
    "stripe hook": ("whsec_", (WORD, 32)),
    "twilio": ("SK", (HEX, 32)),
    "sendgrid": ("SG.", (URLSAFE, 22), ".", (URLSAFE, 43)),
    "mailgun": ("key-", (HEX, 32)),
    "mailchimp": ((HEX, 32), "-us12"),
    "npm": ("npm_", (WORD, 36)),
    "pypi": ("pypi-AgEIcHlwaS5vcmc", (URLSAFE, 150)),
    "docker": ("dckr_pat_", (URLSAFE, 27)),
    "hugging face": ("hf_", (string.ascii_letters, 34)),
    "digitalocean": ("dop_v1_", (HEX, 64)),
    "heroku": ("HRKU-", (URLSAFE, 60)),
    "notion": ("ntn_", (WORD, 46)),
    "linear": ("lin_api_", (WORD, 40)),
    "shopify": ("shpat_", (HEX, 32)),
    "sentry": ("sntryu_", (HEX, 64)),
    "grafana": ("glsa_", (WORD, 32), "_", (HEX, 8)),
    "databricks": ("dapi", (HEX, 32)),
    "vault": ("hvs.", (URLSAFE, 90)),
    "terraform": ((WORD, 14), ".atlasv1.", (WORD, 67)),
    "pulumi": ("pul-", (HEX, 40)),
    "age": ("AGE-SECRET-KEY-1", (UPPER, 58)),
    "supabase": ("sbp_", (HEX, 40)),
    "planetscale": ("pscale_tkn_", (URLSAFE, 43)),
    "netlify": ("nfp_", (WORD, 36)),
    "atlassian": ("ATATT3xFfGF0", (URLSAFE, 180)),
    "postman": ("PMAK-", (HEX, 24), "-", (HEX, 34)),
    "new relic": ("NRAK-", (UPPER, 27)),
    "dynatrace": ("dt0c01.", (UPPER, 24), ".", (UPPER, 64)),
    "airtable": ("pat", (WORD, 14), ".", (HEX, 64)),
    "doppler": ("dp.pt.", (WORD, 43)),
    "square": ("sq0atp-", (URLSAFE, 22)),
    "facebook": ("EAAB", (WORD, 160)),
    "figma": ("figd_", (URLSAFE, 40)),
    "groq": ("gsk_", (WORD, 52)),
    "xai": ("xai-", (WORD, 80)),
    "perplexity": ("pplx-", (WORD, 48)),
    "replicate": ("r8_", (WORD, 37)),
    "nvidia": ("nvapi-", (URLSAFE, 64)),
    "langsmith": ("lsv2_pt_", (HEX, 32), "_", (HEX, 10)),
    "brevo": ("xkeysib-", (HEX, 64), "-", (WORD, 16)),
    "rubygems": ("rubygems_", (HEX, 48)),
    "sonarqube": ("squ_", (HEX, 40)),
    "tailscale": ("tskey-auth-", (WORD, 11), "-", (WORD, 32)),
    "resend": ("re_", (WORD, 8), "_", (WORD, 24)),
    "yandex": ("AQVN", (URLSAFE, 36)),
    "jwt": ("jwt",),
    "volcengine": ("AKLT", (WORD, 43)),
    "baidu": ("bce-v3/ALTAK-", (WORD, 21), "/", (HEX, 40)),
    "zhipu": ((HEX, 32), ".", (WORD, 16)),
    "moonshot": ("sk-", (WORD, 48)),
    "dashscope": ("sk-", (HEX, 32)),
    "modelscope": ("ms-", "uuid"),
    "aliyun for a while": ("STS.", (WORD, 25)),
    "tencent for a while": ("AKID", (URLSAFE, 60), "9a"),
    "cerebras": ("csk-", (LOWER, 48)),
    "jina": ("jina_", (WORD, 60)),
    "firecrawl": ("fc-", (HEX, 32)),
    "mailersend": ("mlsn.", (HEX, 64)),
    "posthog": ("phx_", (WORD, 43)),
    "snyk": ("snyk_uat.", (HEX, 8), ".", (URLSAFE, 60)),
    "fireworks": ("fw_", (WORD, 22)),
    "gitlab runner": ("glrt-", (URLSAFE, 20)),
    "slack user": ("xoxp-", (string.digits, 12), "-", (string.digits, 12), "-", (string.digits, 12), "-", (HEX, 32)),
    "linear application": ("lin_oauth_", (HEX, 64)),
    "duffel": ("duffel_live_", (URLSAFE, 43)),
    "prefect": ("pnu_", (LOWER, 36)),
    "dingtalk app": ("AppSecret: ", (URLSAFE, 64)),
    "feishu app": ("app_secret=", (WORD, 32)),
    "wecom corporation": ("corpsecret: ", (URLSAFE, 43)),
    "huawei": ("SecretAccessKey=", (WORD, 40)),
    "qiniu": ("SecretKey=", (URLSAFE, 40)),
    "baidu app": ("client_secret=", (WORD, 32)),
    "aliyun secret": ("AccessKeySecret=", (WORD, 30)),
    "tencent secret": ("SecretKey: ", (WORD, 32)),
}
AROUND = (
    "{}",
    "here is my key: {}, can you try it?",
    "API_KEY={}",
    'export KEY="{}"',
    '{{"key": "{}", "n": 1}}',
    "config:\n  key: {}\n  other: 1\n",
    "我的密钥是{}，请帮我试一下",
    "curl -H 'X-Key: {}' https://api.test/v1/things",
    'client = Client("{}")  # key',
    r'"line one\n{}\nline three"',
)
PER_FORMAT = 6


def build(parts: tuple[object, ...], rng: random.Random) -> str:
    """One key of that form with a random body."""
    made = []
    for part in parts:
        if part == "uuid":
            made.append(uuid_of(rng))
        elif part == "jwt":
            made.append(_jwt(rng))
        elif isinstance(part, tuple):
            made.append("".join(rng.choice(part[0]) for _ in range(part[1])))
        else:
            made.append(str(part))
    return "".join(made)


def keys(seed: int = 1) -> Iterator[tuple[str, str, str]]:
    """The form, the secret itself and a text with it."""
    rng = random.Random(seed)
    for name, parts in TOKENS.items():
        for _ in range(PER_FORMAT):
            key = build(parts, rng)
            yield name, key, rng.choice(AROUND).format(key)


def given(seed: int = 2) -> Iterator[tuple[str, str]]:
    """What is given to a telling name, in English and Chinese; the secret and the text with it."""
    rng = random.Random(seed)
    forms = (
        "DB_PASSWORD={}", "password: {}", 'password = "{}"', "my password is {}", "--password {}", "密码：{}",
        "密码是 {}", "口令: {}", '"client_secret": "{}"', "API_TOKEN={}", "令牌：{}", "密钥={}",
        "aws_secret_access_key = {}", "appSecret: {}", "--api-key={}", "secret_key='{}'",
    )  # fmt: skip
    for form in forms:
        for _ in range(PER_FORMAT):
            value = "".join(rng.choice(WORD) for _ in range(rng.randint(20, 44))) + rng.choice(string.digits)
            if "assword" in form or "密码" in form or "口令" in form:
                value = rng.choice(("Tr0ub4dor!", "hunter2", "p9sDk2qW", "S3rvice@2024")) + str(rng.randint(10, 99))
            yield value, form.format(value)


def uuid_of(rng: random.Random) -> str:
    """A random UUID."""
    signs = "".join(rng.choice(HEX) for _ in range(32))
    return f"{signs[:8]}-{signs[8:12]}-4{signs[13:16]}-a{signs[17:20]}-{signs[20:]}"


def _jwt(rng: random.Random) -> str:
    parts = [json.dumps({"alg": "HS256", "typ": "JWT"}), json.dumps({"sub": rng.randint(1, 10**9)})]
    encoded = [base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "".join(rng.choice(URLSAFE) for _ in range(43))])


def _hex(rng: random.Random, length: int) -> str:
    return "".join(rng.choice(HEX) for _ in range(length))


_MADE: tuple[Callable[[random.Random], str], ...] = (
    lambda rng: f"commit {_hex(rng, 40)}\nAuthor: dev <dev@example.org>",
    lambda rng: f"sha256:{_hex(rng, 64)}",
    lambda rng: f"--hash=sha256:{_hex(rng, 64)} \\",
    lambda rng: f"index {_hex(rng, 7)}..{_hex(rng, 7)} 100644",
    lambda rng: f"git checkout {_hex(rng, 12)}",
    lambda rng: f'"integrity": "sha512-{base64.b64encode(rng.randbytes(64)).decode()}"',
    lambda rng: f"request id {uuid_of(rng)} took {rng.randint(1, 900)} ms",
    lambda rng: f"arn:aws:iam::{rng.randint(10**11, 10**12)}:role/deploy-{rng.randint(1, 99)}",
    lambda rng: f"arn:aws:secretsmanager:eu-west-1:{rng.randint(10**11, 10**12)}:secret:db-{_hex(rng, 6)}",
    lambda rng: f"FROM registry.test/app@sha256:{_hex(rng, 64)}",
    lambda rng: f'ETag: "{_hex(rng, 32)}"',
    lambda rng: f'<img src="data:image/png;base64,{base64.b64encode(rng.randbytes(120)).decode()}">',
    lambda rng: f"ssh-ed25519 {base64.b64encode(rng.randbytes(51)).decode()} dev@host",
    lambda rng: f"0x{_hex(rng, 40)} sent {rng.randint(1, 9)} coins",
    lambda rng: f"max_tokens: {rng.randint(256, 8192)}, top_p: 0.{rng.randint(1, 9)}",
    lambda rng: f'{{"input_tokens": {rng.randint(1, 9999)}, "output_tokens": {rng.randint(1, 9999)}}}',
    lambda rng: f"订单号 {rng.randint(10**15, 10**16)}，运单 SF{rng.randint(10**11, 10**12)}",
    lambda rng: f"trace {_hex(rng, 32)} span {_hex(rng, 16)}",
    lambda rng: f"/static/app.{_hex(rng, 8)}.js loaded",
    lambda rng: f"version 2.{rng.randint(0, 40)}.{rng.randint(0, 9)}, build {rng.randint(1000, 9999)}",
)  # fmt: skip
_WRITTEN = r"""
Bearer authentication is required
use Basic authentication or OAuth
Authorization: Bearer <token>
Authorization: Bearer $TOKEN
Authorization: Bearer YOUR_API_KEY
curl -H "Authorization: Bearer ${API_TOKEN}" https://api.test
api_key = os.environ["API_KEY"]
api_key = os.getenv("OPENAI_API_KEY")
const token = process.env.SLACK_BOT_TOKEN;
password = getpass.getpass()
password = input("Password: ")
token = tokens[i]
token = next(tokens)
secret = settings.client_secret
self.token = token
password=password
if password == other.password:
OPENAI_API_KEY=sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
OPENAI_API_KEY=sk-...
OPENAI_API_KEY=<your key>
OPENAI_API_KEY=your-api-key-here
AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = YOUR_SECRET_KEY
DATABASE_URL=postgresql://user:password@localhost:5432/app
redis://:password@localhost:6379
https://user:pass@example.org/
https://example.org:8080/path@v2
git@github.com:owner/repository.git
<div class="sk-loading-indicator sk-fading-circle sk-circle12-child">
.sk-cube-grid-animation-element-one { margin: 0 }
sk-learn-contrib-imbalanced-datasets
pip install scikit-learn sk-video
regex [^sk-] and {token} and {{ secrets.TOKEN }}
token: ${{ secrets.GITHUB_TOKEN }}
password: "{{ vault_password }}"
"password": "Password",
"password": "密码",
"token": "string",
type: string, name: token, in: header
label for="password" id="password-input"
password: required, at least 12 characters
Password must contain a digit
The token is invalid
the secret is that it works
token expired at 2024-05-20T10:30:00Z
token bucket: 100 requests per minute
secretName: my-tls-secret-2
secret: projects/p/secrets/s/versions/latest
token_file: /run/secrets/token1
credential_source: /var/run/secrets/eks.amazonaws.com/serviceaccount/token
private_key_path = ~/.ssh/id_ed25519
ssh_private_key: file("~/.ssh/id_rsa")
next_page_token: CAUQAA2xvb2tzUmFuZG9tMTIz
csrf_token = forms.CharField()
def test_token_is_refreshed_after_3600_seconds():
class TokenBucket2(Base):
kubectl create secret generic db --from-literal=password=$PASSWORD
docker login -u user --password-stdin
mysql -u root -p
passwd: all authentication tokens updated successfully
-----BEGIN CERTIFICATE-----
-----BEGIN PUBLIC KEY-----
-----BEGIN PRIVATE KEY----- ... -----END PRIVATE KEY-----
密码不能为空
请输入密码：
密码错误，请重试
令牌已过期
密码长度至少 12 位
密钥轮换计划：每季度一次
口令红包
the ghp_ prefix marks personal tokens
a key that begins with AIza belongs to Google
xoxb- tokens are for bots
npm_config_registry=https://registry.test
npm_lifecycle_event_name_is_postinstall_for_all_packages
hf_hub_download(repo_id="bert", filename="config.json")
SG.Settings.Default.Something
MTU 1500 mtu.size.bytes
key-value-store-with-replication-and-sharding
pat.match(text).group(1).strip().lower()
dapi is short for Databricks API
rubygems_mirror_url is set
SECTION 3 and SECURITY.md and SKU12345
glpat-xxxxxxxxxxxxxxxxxxxx
ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
xoxb-your-token-here-please-ok
123456:example-of-a-bot-token
api-key: the key of the api
x-api-key header is missing
access_token_expires_in = 3600
secret_key_base: <%= ENV["SECRET_KEY_BASE"] %>
SECRET_KEY = config("SECRET_KEY")
"client_secret": null
auth_key: !vault |
encryption_key_id = alias/aws/s3
token_endpoint: https://login.test/oauth2/v2.0/token
token=abc
--token-ttl 24h
--api-key-file /etc/app/key2
password_min_length = 12
password_hash = "$argon2id$v=19$m=65536,t=3,p=4$abc$def"
AppSecret 在开放平台的“凭证与基础信息”页查看
client_secret=<your client secret>
client_secret: ${CLIENT_SECRET}
SecretKey = config.get("SecretKey")
secretKeyRef: {name: db-credentials, key: password}
app_secret = os.environ["FEISHU_APP_SECRET"]
corpsecret 是应用的凭证密钥，每个应用都有独立的 secret
secret_key_length = 32
AccessKeySecret 只在创建时显示一次
ms-python.python-2024.8.1
ms-windows-store://pdp/?productid=9n0dx20hk701
fc-cache -fv
jina_embeddings_v3_base_model
STS.AssumeRole and STS.GetCallerIdentity
md5 9e107d9d372bb6826bd81d3542a419d6 fox.txt
9e107d9d372bb6826bd81d3542a419d6.js
phx_gen_auth --no-compile
let passwordField2 = document.querySelector("#password2")
""".strip().split("\n")
HARMLESS_EACH = 12


def harmless(seed: int = 3) -> Iterator[str]:
    """Texts without a secret."""
    rng = random.Random(seed)
    yield from _WRITTEN
    for make in _MADE:
        for _ in range(HARMLESS_EACH):
            yield make(rng)
