package doctor

import "strings"

// fixColumn is where the lines of a fix begin.
const fixColumn = 16

// foldFix cuts a line of a fix, if it is longer than width, so that it can still be copied: the comment at its end
// goes to a line before it, SQL and comments go on in the next line, and so does a command after a backslash. Only
// blanks outside quotation marks are cut at.
func foldFix(line string, width int) []string {
	const tooNarrow = 24
	if width < tooNarrow || len(line) <= width {
		return []string{line}
	}
	blanks := blanksOf(line)
	for _, mark := range []string{"# ", "-- "} {
		for _, at := range blanks {
			if at > 0 && strings.HasPrefix(line[at+1:], mark) {
				comment, rest := line[at+1:], strings.TrimRight(line[:at], " ")
				return append(foldFix(comment, width), foldFix(rest, width)...)
			}
		}
	}
	between, next := "", "  "
	switch {
	case strings.HasPrefix(line, "# "), strings.HasPrefix(line, "-- "):
		next = line[:strings.IndexByte(line, ' ')+1]
	case !strings.HasSuffix(line, ";"): // for a shell
		between = ` \`
	}
	var parts []string
	from, last, prefix := 0, -1, ""
	for _, at := range append(blanks, len(line)) {
		if len(prefix)+at-from+len(between) > width && last > from {
			parts = append(parts, prefix+line[from:last]+between)
			from, prefix = last+1, next
		}
		last = at
	}
	return append(parts, prefix+line[from:])
}

// blanksOf returns where a line has blanks outside quotation marks; in a comment, all.
func blanksOf(line string) (blanks []int) {
	comment := strings.HasPrefix(line, "# ") || strings.HasPrefix(line, "-- ")
	var quote byte
	for i := range len(line) {
		switch c := line[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == ' ':
			blanks = append(blanks, i)
		case comment:
		case c == '\'', c == '"', c == '`':
			quote = c
		case c == '[':
			quote = ']'
		}
	}
	return blanks
}
