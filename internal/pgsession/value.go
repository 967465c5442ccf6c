package pgsession

import (
	"database/sql/driver"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"time"
)

// oidText is the type of text in pg_type.
const oidText = 25

// oidOf is the type of a column with such values.
func oidOf(kind driver.Value) uint32 {
	switch kind.(type) {
	case bool:
		return 16 // bool
	case []byte:
		return 17 // bytea
	case int64:
		return 20 // int8
	case float64:
		return 701 // float8
	case time.Time:
		return 1184 // timestamptz
	}
	return oidText
}

// encode is a value in the type and format that the client expects.
func encode(v driver.Value, oid uint32, format int16) ([]byte, error) {
	switch {
	case v == nil:
		return nil, nil
	case format == 0 || oid == oidText:
		return []byte(text(v)), nil
	case oidOf(v) != oid:
		return nil, fmt.Errorf("a value of type %T, which is not what Describe said", v)
	}
	var n uint64
	switch v := v.(type) {
	case []byte:
		return append([]byte{}, v...), nil // nil would be NULL
	case bool:
		if v {
			return []byte{1}, nil
		}
		return []byte{0}, nil
	case int64:
		n = uint64(v)
	case float64:
		n = math.Float64bits(v)
	case time.Time:
		n = uint64(v.UnixMicro() - epoch.UnixMicro())
	}
	return binary.BigEndian.AppendUint64(nil, n), nil
}

// epoch is where PostgreSQL counts the microseconds of times from.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// text is a value as PostgreSQL writes it.
func text(v driver.Value) string {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v)[:1]
	case []byte:
		return `\x` + hex.EncodeToString(v)
	case time.Time:
		return v.Format("2006-01-02 15:04:05.999999Z07:00")
	}
	return fmt.Sprint(v)
}
