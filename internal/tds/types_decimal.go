package tds

import (
	"encoding/binary"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// decimalLength is the number of bytes of a decimal's digits (MS-TDS 2.2.5.5.1.6).
func decimalLength(precision uint8) int {
	switch {
	case precision <= 9:
		return 4
	case precision <= 19:
		return 8
	case precision <= 28:
		return 12
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
	scale := t.scale
	if t.family == familyMoney {
		scale = moneyScale
	}
	unscaled, err := t.unscaled(v, int(scale))
	if err != nil {
		return nil, err
	}
	if t.family == familyMoney {
		return t.encodeMoney(unscaled)
	}
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(t.precision)), nil)
	if unscaled.CmpAbs(limit) >= 0 {
		return nil, t.outOfRange()
	}
	value := make([]byte, t.size)
	unscaled.FillBytes(value[1:])
	slices.Reverse(value[1:])
	if unscaled.Sign() >= 0 {
		value[0] = 1
	}
	return value, nil
}

// unscaled is the value times ten to the power of scale.
func (t WireType) unscaled(v any, scale int) (*big.Int, error) {
	var text string
	switch v := v.(type) {
	case string:
		text = v
	case []byte:
		text = string(v)
	case int64:
		text = strconv.FormatInt(v, 10)
	case int:
		text = strconv.Itoa(v)
	case float64:
		text = strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return nil, t.wrongType(v)
	}
	if !decimalText.MatchString(text) {
		return nil, fmt.Errorf("a text is not a %v", t.declared())
	}
	exact, _ := new(big.Rat).SetString(text)
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)
	exact.Mul(exact, new(big.Rat).SetInt(power))
	half := big.NewRat(int64(exact.Sign()), 2)
	exact.Add(exact, half)
	return new(big.Int).Quo(exact.Num(), exact.Denom()), nil // towards zero
}

// encodeMoney writes ten-thousandths; those of money have their high half first
// (MS-TDS 2.2.5.5.1.5).
func (t WireType) encodeMoney(unscaled *big.Int) ([]byte, error) {
	n := unscaled.Int64()
	if !unscaled.IsInt64() || t.size == 4 && n != int64(int32(n)) {
		return nil, t.outOfRange()
	}
	if t.size == 4 {
		return binary.LittleEndian.AppendUint32(nil, uint32(n)), nil
	}
	value := binary.LittleEndian.AppendUint32(nil, uint32(n>>32))
	return binary.LittleEndian.AppendUint32(value, uint32(n)), nil
}

// decimal reads the digits of a decimal.
func (r *reader) decimal(t WireType, data []byte) string {
	if len(data) < 2 || len(data) > 17 {
		r.check(false, "length of a decimal")
		return ""
	}
	digits := slices.Clone(data[1:])
	slices.Reverse(digits)
	unscaled := new(big.Int).SetBytes(digits)
	if data[0] == 0 {
		unscaled.Neg(unscaled)
	}
	return scaled(unscaled, int(t.scale))
}

func (r *reader) money(data []byte) string {
	switch len(data) {
	case 4:
		return scaled(big.NewInt(int64(int32(binary.LittleEndian.Uint32(data)))), moneyScale)
	case 8:
		high, low := binary.LittleEndian.Uint32(data), binary.LittleEndian.Uint32(data[4:])
		return scaled(big.NewInt(int64(uint64(high)<<32|uint64(low))), moneyScale)
	}
	r.check(false, "length of a money value")
	return ""
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
