/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Made by GENERATE=1 tests/test_reader; see there. */
{"annotate-1.26", 1542, 0x65be92e5dcd0155c}, {"mapchurn-1.23", 119052, 0xe128560451a31366},
    {"mapchurn-1.24", 119670, 0xeb82e1c0defd2b98}, {"mapchurn-1.25", 101352, 0x9eb987d79fb7826a},
    {"mapchurn-1.26", 169887, 0x995479b5a939efec}, {"mixed-1.23", 23784, 0x0a0ef0f49cc2fe42},
    {"mixed-1.24", 27851, 0x4df29441069209ba}, {"mixed-1.25", 46923, 0xbfd9ac77fc191a36},
    {"mixed-1.26", 42671, 0xecce45b40ddfaaec}, {"pingpong-1.22", 8753, 0x8c56aff27887548a},
    {"pingpong-1.26", 23009, 0xedd396f6d7a6c5bb}, {"plain-1.22", 4005, 0x0fb3cd49e674ae25},
    {"plain-1.26", 43126, 0x37e5fa4b461435df}, {"stacks-1.23", 13241, 0x0987c9957628f551},
    {"stacks-1.26", 32909, 0xfa62cdf30e39eb3c}, {"pingpong-1.21", 3468, 0xe35fd39bccb7751c},
    {"plain-1.21", 251, 0x0287668f6ffa9205},
