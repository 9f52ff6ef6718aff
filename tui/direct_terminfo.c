/*
 * tui/direct_terminfo.c: a terminfo entry for direct colour, since Debian's base terminfo has none
 * and ncurses gives 24-bit colours only to entries with the RGB flag. It holds what every
 * xterm-like terminal does (those that set COLORTERM=truecolor are), and its setaf takes palette
 * indices (below 256) and 24-bit colours (above) alike. It is tools/pyro-direct.ti, compiled:
 *
 *     tic -x -o DIR tools/pyro-direct.ti && base64 -w 92 DIR/p/pyro-direct
 *
 * in the form that ncurses takes in $TERMINFO (terminfo(5), "b64:").
 */
#include "tui/tty_private.h"

const char tty_direct_terminfo[] =
    "b64:"
    "HgI3AB0ADwBpAZYCcHlyby1kaXJlY3R8YW55IHh0ZXJtLWxpa2UgdGVybWluYWwgd2l0aCBkaXJlY3QgY29sb3VyAAAB"
    "AAABAAAAAAAAAAABAQAAAAAAAAAAAAAAAAABUAAAAAgAAAAYAAAA////////////////////////////////////////"
    "/////////////wAAAAEAAAEA//8AAAIABAD//xUAHQAhACUA//8wAEEAQwBHAE4A//9QAFcA//9bAP//XwBjAP//////"
    "/2cAbABxAP//egD//38A//+EAIkAjgCTAP//nACgAP////+pAK8A/////////////////////7UA////////////////"
    "//////////////////////////////////////////////////////////////////////////+5AMEA////////////"
    "///////////////////////JAP//zADVAN4A5wD///AA+QACAf//CwH///////////////////////////////8UAf//"
    "HwEhASQB////////////////////////////////////////////////////////////////////////////////////"
    "////////////////////////////////////////////////////////////////////////////////////////////"
    "////////////////////////////////////////////////////////////////////////////////////////////"
    "////////////////////////////////////////////////////////////////////////////////////////////"
    "/////3AB////////////////////////////////////////////////////////////////////////dQH/////////"
    "/////////////////////////34B////////////////////////gwH/////////////////////////////////////"
    "/////////////////////////////////////////////////////////////4kBDwIHAA0AG1slaSVwMSVkOyVwMiVk"
    "cgAbW0gbWzJKABtbSwAbW0oAG1slaSVwMSVkRwAbWyVpJXAxJWQ7JXAyJWRIAAoAG1tIABtbPzI1bAAIABtbPzI1aAAb"
    "W0MAG1tBABtbUAAbW00AG1s1bQAbWzFtABtbPzEwNDloABtbMm0AG1s4bQAbWzdtABtbN20AG1s0bQAbWyVwMSVkWAAb"
    "W20AG1s/MTA0OWwAG1syN20AG1syNG0AG1tMABtbPzFsGz4AG1s/MWgbPQAbRQAbWyVwMSVkUAAbWyVwMSVkTQAbWyVw"
    "MSVkQgAbWyVwMSVkQAAbWyVwMSVkTAAbWyVwMSVkRAAbWyVwMSVkQwAbWyVwMSVkQQAbWyVpJXAxJWRkAAoAG00AG1sw"
    "JT8lcDYldDsxJTslPyVwNSV0OzIlOyU/JXAyJXQ7NCU7JT8lcDElcDMlfCV0OzclOyU/JXA0JXQ7NSU7JT8lcDcldDs4"
    "JTttABtbMUsAG1szOTs0OW0AG1szbQAbWzIzbQAbWyU/JXAxJXs4fSU8JXQzJXAxJWQlZSVwMSV7MTZ9JTwldDklcDEl"
    "ezh9JS0lZCVlJXAxJXsyNTZ9JTwldDM4OzU7JXAxJWQlZTM4OzI7JXAxJXs2NTUzNn0lLyVkOyVwMSV7MjU2fSUvJXsy"
    "NTV9JSYlZDslcDElezI1NX0lJiVkJTttABtbJT8lcDElezh9JTwldDQlcDElZCVlJXAxJXsxNn0lPCV0MTAlcDElezh9"
    "JS0lZCVlJXAxJXsyNTZ9JTwldDQ4OzU7JXAxJWQlZTQ4OzI7JXAxJXs2NTUzNn0lLyVkOyVwMSV7MjU2fSUvJXsyNTV9"
    "JSYlZDslcDElezI1NX0lJiVkJTttAAMAAAACAAcAHwABAQEAAAAGAAAAAwAHAAoADwAbWzI5bQAbWzltAEFYAFJHQgBY"
    "VABybXh4AHNteHgA";
