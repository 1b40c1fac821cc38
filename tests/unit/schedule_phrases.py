"""Phrases about times with what they mean, said on Tuesday, 1 December 2026, at ten in the morning.

`PHRASE | what the timing is written as | the words that are left`; `?WORD` is what has to be asked back.
"""

ENGLISH = """
in 20 minutes | at +20m |
in 20 minutes check the oven | at +20m | check the oven
in 20 min to check the oven | at +20m | check the oven
in an hour call Bob | at +60m | call Bob
in half an hour call Bob | at +30m | call Bob
in two hours stretch | at +120m | stretch
in 2h stretch | at +120m | stretch
in 1 hour 30 minutes stretch | at +90m | stretch
in an hour and a half stretch | at +90m | stretch
in 90 mins stretch | at +90m | stretch
stretch in 45 minutes | at +45m | stretch
20 minutes from now call Ann | at +20m | call Ann
remind me in 3 days to pay the rent | at +4320m | pay the rent
in a week look again | at +10080m | look again
in 2 days at 9am look again | at 2026-12-03T09:00:00 | look again
in a month renew the domain | at 2027-01-01T09:00:00 | renew the domain
in 3 months at 14:00 renew the domain | at 2027-03-01T14:00:00 | renew the domain
in a year celebrate | at 2027-12-01T09:00:00 | celebrate
tomorrow at 9 call Bob | at 2026-12-02T09:00:00 | call Bob
tomorrow at 9am call Bob | at 2026-12-02T09:00:00 | call Bob
tomorrow 9:30 call Bob | at 2026-12-02T09:30:00 | call Bob
tomorrow at 9 | at 2026-12-02T09:00:00 |
tomorrow at 15:00 to send the report | at 2026-12-02T15:00:00 | send the report
tomorrow at 3pm send the report | at 2026-12-02T15:00:00 | send the report
tomorrow at 3 send the report | ?half |
at 3 send the report | ?half |
call Bob tomorrow at 9 | at 2026-12-02T09:00:00 | call Bob
to call Bob tomorrow at 9 | at 2026-12-02T09:00:00 | call Bob
remind me to call Bob tomorrow at 9:15 | at 2026-12-02T09:15:00 | call Bob
remind me tomorrow to call Bob at 9 | at 2026-12-02T09:00:00 | call Bob
remind me at 9 tomorrow to call Bob | at 2026-12-02T09:00:00 | call Bob
please remind me tomorrow morning to call Bob | at 2026-12-02T09:00:00 | call Bob
tomorrow afternoon water the plants | at 2026-12-02T15:00:00 | water the plants
tomorrow evening at 7 water the plants | at 2026-12-02T19:00:00 | water the plants
tomorrow at 7 in the evening water the plants | at 2026-12-02T19:00:00 | water the plants
tonight lock the door | at 2026-12-01T20:00:00 | lock the door
tonight at 9 lock the door | at 2026-12-01T21:00:00 | lock the door
this evening lock the door | at 2026-12-01T19:00:00 | lock the door
this afternoon at 4 stand up | at 2026-12-01T16:00:00 | stand up
today at 5pm go home | at 2026-12-01T17:00:00 | go home
today at 17:00 go home | at 2026-12-01T17:00:00 | go home
today at 9am go home | ?past |
at 17:45 go home | at 2026-12-01T17:45:00 | go home
at 5pm go home | at 2026-12-01T17:00:00 | go home
at 9 go home | at 2026-12-02T09:00:00 | go home
at 9:05 go home | at 2026-12-02T09:05:00 | go home
at noon eat | at 2026-12-01T12:00:00 | eat
at midnight sleep | at 2026-12-02T00:00:00 | sleep
tomorrow at noon eat | at 2026-12-02T12:00:00 | eat
half past 11 stretch | at 2026-12-01T11:30:00 | stretch
at quarter to 12 stretch | at 2026-12-01T11:45:00 | stretch
at quarter past 10 stretch | at 2026-12-01T10:15:00 | stretch
at eleven stretch | at 2026-12-01T11:00:00 | stretch
at 11 o'clock stretch | at 2026-12-01T11:00:00 | stretch
11 o'clock stretch | at 2026-12-01T11:00:00 | stretch
the day after tomorrow at 8 buy milk | at 2026-12-03T08:00:00 | buy milk
day after tomorrow buy milk | at 2026-12-03T09:00:00 | buy milk
on Friday at 10:00 ask Ann | at 2026-12-04T10:00:00 | ask Ann
Friday 10:00 ask Ann | at 2026-12-04T10:00:00 | ask Ann
ask Ann on Friday | at 2026-12-04T09:00:00 | ask Ann
on Tuesday at 9 ask Ann | at 2026-12-08T09:00:00 | ask Ann
on Tuesday at 11 ask Ann | at 2026-12-01T11:00:00 | ask Ann
this Friday at 4pm ask Ann | at 2026-12-04T16:00:00 | ask Ann
next Friday at 4pm ask Ann | at 2026-12-11T16:00:00 | ask Ann
next Monday ask Ann | at 2026-12-07T09:00:00 | ask Ann
next week call the bank | at 2026-12-07T09:00:00 | call the bank
next month call the bank | at 2027-01-01T09:00:00 | call the bank
this weekend call mum | at 2026-12-05T09:00:00 | call mum
at the end of the month send invoices | at 2026-12-31T09:00:00 | send invoices
on 24 December at 18:00 light the tree | at 2026-12-24T18:00:00 | light the tree
on December 24 at 6pm light the tree | at 2026-12-24T18:00:00 | light the tree
Dec 24th light the tree | at 2026-12-24T09:00:00 | light the tree
on the 24th of December light the tree | at 2026-12-24T09:00:00 | light the tree
on March 3 at 10am file taxes | at 2027-03-03T10:00:00 | file taxes
March 3, 2028 at 10am file taxes | at 2028-03-03T10:00:00 | file taxes
31 December 2099 at 23:59 say goodbye | at 2099-12-31T23:59:00 | say goodbye
2026-12-24 18:00 light the tree | at 2026-12-24T18:00:00 | light the tree
2026-12-24 light the tree | at 2026-12-24T09:00:00 | light the tree
on 24.12. at 18:00 light the tree | at 2026-12-24T18:00:00 | light the tree
on 12/24 at 18:00 light the tree | at 2026-12-24T18:00:00 | light the tree
on 3/4 at 18:00 light the tree | ?slashes |
on the 15th at 10am pay | at 2026-12-15T10:00:00 | pay
on February 30 pay | ?no_day |
every day at 9 water the plants | cron 0 9 * * * | water the plants
every day at 9am water the plants | cron 0 9 * * * | water the plants
daily at 9:30 water the plants | cron 30 9 * * * | water the plants
water the plants every day at 18:00 | cron 0 18 * * * | water the plants
water the plants daily | cron 0 9 * * * | water the plants
every morning say hello | cron 0 9 * * * | say hello
every evening at 8 say good night | cron 0 20 * * * | say good night
every night say good night | cron 0 20 * * * | say good night
every weekday at 9 | cron 0 9 * * 1,2,3,4,5 |
every weekday at 9: stand-up | cron 0 9 * * 1,2,3,4,5 | stand-up
every weekday at 9 stand-up | cron 0 9 * * 1,2,3,4,5 | stand-up
on weekdays at 8:45 stand-up | cron 45 8 * * 1,2,3,4,5 | stand-up
weekdays at 8:45 stand-up | cron 45 8 * * 1,2,3,4,5 | stand-up
every working day at 9 stand-up | cron 0 9 * * 1,2,3,4,5 | stand-up
every weekend at 10am sleep in | cron 0 10 * * 0,6 | sleep in
every Monday at 9 plan the week | cron 0 9 * * 1 | plan the week
every Mon at 9 plan the week | cron 0 9 * * 1 | plan the week
plan the week every Monday at 9 | cron 0 9 * * 1 | plan the week
plan the week at 9 every Monday | cron 0 9 * * 1 | plan the week
Mondays at 9 plan the week | cron 0 9 * * 1 | plan the week
every Monday and Thursday at 9 train | cron 0 9 * * 1,4 | train
every Mon, Wed and Fri at 7am train | cron 0 7 * * 1,3,5 | train
every Mon, Wed, Fri at 7am train | cron 0 7 * * 1,3,5 | train
Monday to Friday at 9 train | cron 0 9 * * 1,2,3,4,5 | train
Mon-Fri at 9 train | cron 0 9 * * 1,2,3,4,5 | train
every other Monday at 9 retro | days 14 2026-12-07T09:00 | retro
every two weeks on Monday at 9 retro | days 14 2026-12-07T09:00 | retro
every 2 weeks retro | days 14 2026-12-08T09:00 | retro
every other day at 8 run | days 2 2026-12-02T08:00 | run
every 3 days at 11 run | days 3 2026-12-01T11:00 | run
every week on Friday at 15:00 report | cron 0 15 * * 5 | report
weekly on Friday at 15:00 report | cron 0 15 * * 5 | report
weekly report at 15:00 every Friday | cron 0 15 * * 5 | report
every hour drink water | cron 0 * * * * | drink water
hourly drink water | cron 0 * * * * | drink water
every 2 hours drink water | cron 0 */2 * * * | drink water
every half hour drink water | cron */30 * * * * | drink water
every 15 minutes drink water | cron */15 * * * * | drink water
every 90 minutes drink water | minutes 90 +0 | drink water
every minute drink water | cron * * * * * | drink water
every hour from 9 to 17 on weekdays drink water | cron 0 9-17 * * 1,2,3,4,5 | drink water
every day at 9 and 18:30 drink water | cron 0 9 * * *; cron 30 18 * * * | drink water
every day at 9am and 6pm drink water | cron 0 9 * * *; cron 0 18 * * * | drink water
on the 1st of every month at 9 pay | cron 0 9 1 * * | pay
every month on the 15th at 10 pay | cron 0 10 15 * * | pay
monthly on the 3rd at 10 pay | cron 0 10 3 * * | pay
on the last day of every month at 17:00 pay | cron 0 17 L * * | pay
on the first Monday of every month at 9 pay | cron 0 9 * * 1#1 | pay
every last Friday of the month at 16:00 pay | cron 0 16 * * 5L | pay
monthly pay | cron 0 9 1 * * | pay
quarterly pay taxes | cron 0 9 1 */3 * | pay taxes
every year on May 3 at 9 celebrate | cron 0 9 3 5 * | celebrate
every May 3rd celebrate | cron 0 9 3 5 * | celebrate
0 9 * * 1-5 stand-up | cron 0 9 * * 1-5 | stand-up
*/10 8-18 * * MON-FRI ping | cron */10 8-18 * * MON-FRI | ping
"every weekday at 9" give me the news | cron 0 9 * * 1,2,3,4,5 | give me the news
“every weekday at 9” give me the news at length | cron 0 9 * * 1,2,3,4,5 | give me the news at length
"0 7 * * *" give me the news | cron 0 7 * * * | give me the news
twice a day drink water | ?how_often |
buy milk | ?none |
think about tomorrow's meeting with Ann some day | ?none |
at 25:00 buy milk | ?no_clock |
tomorrow at 9 prepare the meeting at 10:00 on Friday | at 2026-12-02T09:00:00 | prepare the meeting at 10:00 on Friday
"""

CHINESE = """
20分钟后提醒我关火 | at +20m | 关火
二十分钟后提醒我关火 | at +20m | 关火
20 分钟后 关火 | at +20m | 关火
过20分钟提醒我关火 | at +20m | 关火
半小时后提醒我喝水 | at +30m | 喝水
半个小时后喝水 | at +30m | 喝水
一小时后喝水 | at +60m | 喝水
一个小时之后喝水 | at +60m | 喝水
一个半小时后喝水 | at +90m | 喝水
两小时后喝水 | at +120m | 喝水
2个小时以后喝水 | at +120m | 喝水
1小时30分钟后喝水 | at +90m | 喝水
一刻钟后喝水 | at +15m | 喝水
三天后提醒我交房租 | at +4320m | 交房租
三天后上午9点提醒我交房租 | at 2026-12-04T09:00:00 | 交房租
一周后复查 | at +10080m | 复查
两个星期后复查 | at +20160m | 复查
一个月后续费域名 | at 2027-01-01T09:00:00 | 续费域名
一年后庆祝 | at 2027-12-01T09:00:00 | 庆祝
提醒我20分钟后关火 | at +20m | 关火
请在20分钟后提醒我关火 | at +20m | 关火
明天上午9点提醒我开会 | at 2026-12-02T09:00:00 | 开会
明天上午9点提醒我：开会 | at 2026-12-02T09:00:00 | 开会
明天上午九点提醒我开会 | at 2026-12-02T09:00:00 | 开会
明天上午9点半提醒我开会 | at 2026-12-02T09:30:00 | 开会
明天上午九点一刻开会 | at 2026-12-02T09:15:00 | 开会
明天上午九点三刻开会 | at 2026-12-02T09:45:00 | 开会
明天上午9点20分开会 | at 2026-12-02T09:20:00 | 开会
明天上午9点20开会 | at 2026-12-02T09:20:00 | 开会
明天上午九点零五分开会 | at 2026-12-02T09:05:00 | 开会
明天上午9：30开会 | at 2026-12-02T09:30:00 | 开会
明天9:30开会 | at 2026-12-02T09:30:00 | 开会
明天9点开会 | at 2026-12-02T09:00:00 | 开会
明天下午3点开会 | at 2026-12-02T15:00:00 | 开会
明天下午三点半提醒我开会 | at 2026-12-02T15:30:00 | 开会
明天3点开会 | ?half |
3点半开会 | ?half |
明天15点开会 | at 2026-12-02T15:00:00 | 开会
明天15:00开会 | at 2026-12-02T15:00:00 | 开会
明天中午12点吃饭 | at 2026-12-02T12:00:00 | 吃饭
明天中午吃饭 | at 2026-12-02T12:00:00 | 吃饭
明天中午1点吃饭 | at 2026-12-02T13:00:00 | 吃饭
明天早上叫我起床 | at 2026-12-02T09:00:00 | 起床
明早7点叫我起床 | at 2026-12-02T07:00:00 | 起床
明早起床 | at 2026-12-02T09:00:00 | 起床
明晚8点看球 | at 2026-12-02T20:00:00 | 看球
今晚8点看球 | at 2026-12-01T20:00:00 | 看球
今晚看球 | at 2026-12-01T20:00:00 | 看球
今天晚上十点睡觉 | at 2026-12-01T22:00:00 | 睡觉
今天下午5点下班 | at 2026-12-01T17:00:00 | 下班
今天上午9点下班 | ?past |
下午5点下班 | at 2026-12-01T17:00:00 | 下班
下午五点提醒我下班 | at 2026-12-01T17:00:00 | 下班
晚上12点睡觉 | ?midnight |
明天凌晨5点赶飞机 | at 2026-12-02T05:00:00 | 赶飞机
凌晨四点半赶飞机 | at 2026-12-02T04:30:00 | 赶飞机
傍晚6点接孩子 | at 2026-12-01T18:00:00 | 接孩子
后天上午10点看牙 | at 2026-12-03T10:00:00 | 看牙
大后天上午10点看牙 | at 2026-12-04T10:00:00 | 看牙
后天看牙 | at 2026-12-03T09:00:00 | 看牙
周五下午4点交周报 | at 2026-12-04T16:00:00 | 交周报
星期五下午4点交周报 | at 2026-12-04T16:00:00 | 交周报
礼拜五下午4点交周报 | at 2026-12-04T16:00:00 | 交周报
这周五下午4点交周报 | at 2026-12-04T16:00:00 | 交周报
本周五下午4点交周报 | at 2026-12-04T16:00:00 | 交周报
下周五下午4点交周报 | at 2026-12-11T16:00:00 | 交周报
下周一提醒我交周报 | at 2026-12-07T09:00:00 | 交周报
下个星期一上午10点交周报 | at 2026-12-07T10:00:00 | 交周报
下下周一交周报 | at 2026-12-14T09:00:00 | 交周报
周日上午9点爬山 | at 2026-12-06T09:00:00 | 爬山
星期天上午9点爬山 | at 2026-12-06T09:00:00 | 爬山
周末去爬山 | at 2026-12-05T09:00:00 | 去爬山
下周末爬山 | at 2026-12-12T09:00:00 | 爬山
下周联系银行 | at 2026-12-07T09:00:00 | 联系银行
下个月联系银行 | at 2027-01-01T09:00:00 | 联系银行
下个月5号联系银行 | at 2027-01-05T09:00:00 | 联系银行
下月5日上午10点联系银行 | at 2027-01-05T10:00:00 | 联系银行
月底开发票 | at 2026-12-31T09:00:00 | 开发票
15号上午10点付款 | at 2026-12-15T10:00:00 | 付款
12月24日晚上6点聚餐 | at 2026-12-24T18:00:00 | 聚餐
12月24号聚餐 | at 2026-12-24T09:00:00 | 聚餐
十二月二十四日下午六点聚餐 | at 2026-12-24T18:00:00 | 聚餐
3月3日上午10点报税 | at 2027-03-03T10:00:00 | 报税
2028年3月3日上午10点报税 | at 2028-03-03T10:00:00 | 报税
明年3月3日上午10点报税 | at 2027-03-03T10:00:00 | 报税
2099年12月31日23:59告别 | at 2099-12-31T23:59:00 | 告别
2026-12-24 18:00 聚餐 | at 2026-12-24T18:00:00 | 聚餐
2月30日付款 | ?no_day |
每天9点提醒我写日报 | cron 0 9 * * * | 写日报
每天上午9点提醒我写日报 | cron 0 9 * * * | 写日报
每天下午5点半写日报 | cron 30 17 * * * | 写日报
每日18:00写日报 | cron 0 18 * * * | 写日报
每天写日报 | cron 0 9 * * * | 写日报
每天早上写日报 | cron 0 9 * * * | 写日报
每天晚上8点写日报 | cron 0 20 * * * | 写日报
每晚8点写日报 | cron 0 20 * * * | 写日报
每天早上8点和晚上8点吃药 | cron 0 8 * * *; cron 0 20 * * * | 吃药
每天9:00、18:00吃药 | cron 0 9 * * *; cron 0 18 * * * | 吃药
写日报 每天18:00 | cron 0 18 * * * | 写日报
每个工作日9点 | cron 0 9 * * 1,2,3,4,5 |
每个工作日9点提醒我站会 | cron 0 9 * * 1,2,3,4,5 | 站会
工作日上午9点站会 | cron 0 9 * * 1,2,3,4,5 | 站会
每工作日上午九点站会 | cron 0 9 * * 1,2,3,4,5 | 站会
每周末上午10点爬山 | cron 0 10 * * 0,6 | 爬山
每周一上午9点例会 | cron 0 9 * * 1 | 例会
每周一9点提醒我例会 | cron 0 9 * * 1 | 例会
每星期一上午9点例会 | cron 0 9 * * 1 | 例会
每个周一上午9点例会 | cron 0 9 * * 1 | 例会
每周一、三、五上午7点跑步 | cron 0 7 * * 1,3,5 | 跑步
每周一三五上午7点跑步 | cron 0 7 * * 1,3,5 | 跑步
每周二和周四晚上7点跑步 | cron 0 19 * * 2,4 | 跑步
每周一到周五上午9点站会 | cron 0 9 * * 1,2,3,4,5 | 站会
周一至周五上午9点站会 | cron 0 9 * * 1,2,3,4,5 | 站会
每周日晚上8点大扫除 | cron 0 20 * * 0 | 大扫除
每两周周一上午9点复盘 | days 14 2026-12-07T09:00 | 复盘
隔周周一上午9点复盘 | days 14 2026-12-07T09:00 | 复盘
每两天8点跑步 | days 2 2026-12-02T08:00 | 跑步
隔天8点跑步 | days 2 2026-12-02T08:00 | 跑步
每隔一天8点跑步 | days 2 2026-12-02T08:00 | 跑步
每隔三天8点跑步 | ?apart |
每小时提醒我喝水 | cron 0 * * * * | 喝水
每两小时喝水 | cron 0 */2 * * * | 喝水
每隔两小时喝水 | cron 0 */2 * * * | 喝水
每半小时喝水 | cron */30 * * * * | 喝水
每半个小时喝水 | cron */30 * * * * | 喝水
每15分钟喝水 | cron */15 * * * * | 喝水
每隔15分钟喝水 | cron */15 * * * * | 喝水
每90分钟喝水 | minutes 90 +0 | 喝水
每分钟喝水 | cron * * * * * | 喝水
工作日9点到18点每小时提醒我喝水 | cron 0 9-18 * * 1,2,3,4,5 | 喝水
每月1号上午9点付款 | cron 0 9 1 * * | 付款
每个月15号上午10点付款 | cron 0 10 15 * * | 付款
每月1号、15号上午10点付款 | cron 0 10 1,15 * * | 付款
每月最后一天下午5点付款 | cron 0 17 L * * | 付款
每月底付款 | cron 0 9 L * * | 付款
每个月第一个周一上午9点付款 | cron 0 9 * * 1#1 | 付款
每月最后一个周五下午4点付款 | cron 0 16 * * 5L | 付款
每季度报税 | cron 0 9 1 */3 * | 报税
每年5月3日上午9点庆祝 | cron 0 9 3 5 * | 庆祝
“每个工作日9点” 汇总新闻 | cron 0 9 * * 1,2,3,4,5 | 汇总新闻
"每天 8:30" 汇总新闻 | cron 30 8 * * * | 汇总新闻
「每周一上午9点」汇总新闻 | cron 0 9 * * 1 | 汇总新闻
0 9 * * 1-5 站会 | cron 0 9 * * 1-5 | 站会
每天两次吃药 | ?how_often |
买牛奶 | ?none |
明天25点开会 | ?no_clock |
提醒我明天给张三打电话 | at 2026-12-02T09:00:00 | 给张三打电话
明天上午９点提醒我开会 | at 2026-12-02T09:00:00 | 开会
"""
