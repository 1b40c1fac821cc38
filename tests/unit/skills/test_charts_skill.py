"""The skill for charts draws what it is given, in the sandbox, and says what it cannot draw."""

import struct

from tests.unit.tool_desk import ToolDesk

CSV = 'Month,Sales,Costs\nJan,"1,200",900\nFeb,1340,1000\nMar,1500,1100\n'


async def drawn(desk: ToolDesk, *all_of_them: str, data: bytes = CSV.encode()) -> str:
    (desk.workspace / "d.csv").write_bytes(data)
    script = f"python3 {desk.place_of('charts')}/chart.py d.csv"
    return await desk.call("shell", command="; ".join(f"{script} {each}" for each in all_of_them))


async def test_what_is_given_becomes_a_picture_and_a_wrong_column_is_told_which_there_are(desk: ToolDesk):
    said = await drawn(desk, "1.png --kind barh --sort --labels", "2.png --kind pie --y Sales", "3.png --y Profit")

    assert said.splitlines()[:3] == [
        "drew 1.png: barh of Sales, Costs by Month, 3 rows",
        "drew 2.png: pie of Sales by Month, 3 rows",
        "there is no column Profit; there are Month, Sales, Costs",
    ]
    for name in ("1.png", "2.png"):
        picture = (desk.workspace / name).read_bytes()
        assert picture.startswith(b"\x89PNG")
        assert min(struct.unpack(">II", picture[16:24])) > 300


async def test_numbers_written_for_people_and_chinese_files_are_understood(desk: ToolDesk):
    data = "月份;销售额;占比\n一月;1,200;12%\n二月;900;9%\n".encode("gb18030")

    assert (await drawn(desk, "c.png --kind bar", data=data)).startswith(
        "drew c.png: bar of 销售额, 占比 by 月份, 2 rows"
    )
