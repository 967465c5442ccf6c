package tds

import "slices"

// windows1252High are the characters of Windows-1252 from 0x80 to 0x9F, where it
// differs from ISO 8859-1; 0 where it has none (the WHATWG's Encoding Standard).
var windows1252High = [32]rune{
	'€', 0, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0, 'Ž', 0,
	0, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0, 'ž', 'Ÿ',
}

// windows1252 encodes the text of char and varchar. Like SQL Server it writes a
// question mark for what the code page does not have.
func windows1252(text string) []byte {
	value := make([]byte, 0, len(text))
	for _, c := range text {
		high := slices.Index(windows1252High[:], c)
		switch {
		case c < 0x80 || 0xA0 <= c && c <= 0xFF:
			value = append(value, byte(c))
		case c != 0 && high >= 0:
			value = append(value, byte(0x80+high))
		default:
			value = append(value, '?')
		}
	}
	return value
}

// windows1252Text is the text of char and varchar.
func windows1252Text(data []byte) string {
	text := make([]rune, len(data))
	for i, b := range data {
		text[i] = rune(b)
		if 0x80 <= b && b <= 0x9F && windows1252High[b-0x80] != 0 {
			text[i] = windows1252High[b-0x80]
		}
	}
	return string(text)
}
