package tds

import (
	"fmt"
	"math/big"
	"math/bits"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// decimalLength is the number of bytes of a decimal's digits (MS-TDS 2.2.5.5.1.6).
func decimalLength(precision uint8) int {
	for i, most := range []uint8{9, 19, 28} {
		if precision <= most {
			return 4 * (i + 1)
		}
	}
	return 16
}

// decimalText is what is read as a number: a part of what big.Rat reads, with an
// exponent that costs no memory.
var decimalText = regexp.MustCompile(`^[+-]?([0-9]{1,400}(\.[0-9]{0,400})?|\.[0-9]{1,400})([eE][+-]?[0-9]{1,3})?$`)

// moneyScale is the number of digits after the point of money and smallmoney.
const moneyScale = 4

// encodeDecimal writes decimal and money. Digits that are too many after the point
// are rounded, as SQL Server does.
func (t WireType) encodeDecimal(v any) ([]byte, error) {
	var text string
	switch v := v.(type) {
	case string:
		text = v
	case []byte:
		text = string(v)
	case int64:
		text = strconv.FormatInt(v, 10)
	case float64:
		text = strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return nil, t.wrongType(v)
	}
	if !decimalText.MatchString(text) {
		return nil, fmt.Errorf("a text is not a %v", t)
	}
	if t.family == familyMoney {
		n := unscaled(text, moneyScale)
		if !n.IsInt64() || t.size == 4 && n.Int64() != int64(int32(n.Int64())) {
			return nil, t.outOfRange()
		}
		wire := uint64(n.Int64())
		if t.size == 8 {
			wire = bits.RotateLeft64(wire, 32) // the high half comes first (MS-TDS 2.2.5.5.1.5)
		}
		return appendNumber(nil, wire, t.size), nil
	}
	n := unscaled(text, t.Scale)
	if n.CmpAbs(power(t.Precision)) >= 0 {
		return nil, t.outOfRange()
	}
	value := n.FillBytes(make([]byte, t.size))
	slices.Reverse(value[1:])
	if n.Sign() >= 0 {
		value[0] = 1
	}
	return value, nil
}

func power(digits uint8) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
}

// unscaled is a number times ten to the power of scale, rounded.
func unscaled(text string, scale uint8) *big.Int {
	exact, _ := new(big.Rat).SetString(text)
	exact.Mul(exact, new(big.Rat).SetInt(power(scale)))
	exact.Add(exact, big.NewRat(int64(exact.Sign()), 2))
	return new(big.Int).Quo(exact.Num(), exact.Denom()) // towards zero
}

// decimal reads the digits of a decimal.
func (r *reader) decimal(t WireType, data []byte) string {
	if len(data) < 2 || len(data) > 17 {
		r.check(false, "length of a decimal")
		return ""
	}
	digits := slices.Clone(data[1:])
	slices.Reverse(digits)
	n := new(big.Int).SetBytes(digits)
	if data[0] == 0 {
		n.Neg(n)
	}
	return scaled(n, int(t.Scale))
}

// scaled writes a decimal with all digits of its scale: 1.50.
func scaled(unscaled *big.Int, scale int) string {
	digits := new(big.Int).Abs(unscaled).String()
	if scale > 0 {
		digits = strings.Repeat("0", max(0, scale+1-len(digits))) + digits
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if unscaled.Sign() < 0 {
		return "-" + digits
	}
	return digits
}
