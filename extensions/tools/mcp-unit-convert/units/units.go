// Package units converts values between units of one kind.
package units

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
)

// unit is a straight line to the kind's base unit: base = value*factor + offset.
type unit struct {
	kind   string
	factor float64
	offset float64
}

var table = map[string]unit{}

// other spellings of a unit, in lower case.
var aliases = map[string]string{}

func add(kind, name string, factor float64, spellings ...string) {
	table[name] = unit{kind, factor, 0}
	for _, spelling := range append(spellings, name) {
		aliases[strings.ToLower(spelling)] = name
	}
}

func init() {
	add("length", "m", 1, "meter", "meters", "metre", "metres")
	add("length", "mm", 1e-3, "millimeter", "millimeters", "millimetre", "millimetres")
	add("length", "cm", 1e-2, "centimeter", "centimeters", "centimetre", "centimetres")
	add("length", "km", 1e3, "kilometer", "kilometers", "kilometre", "kilometres")
	add("length", "in", 0.0254, "inch", "inches")
	add("length", "ft", 0.3048, "foot", "feet")
	add("length", "yd", 0.9144, "yard", "yards")
	add("length", "mi", 1609.344, "mile", "miles")
	add("length", "nmi", 1852, "nautical mile", "nautical miles")
	add("mass", "kg", 1, "kilogram", "kilograms")
	add("mass", "g", 1e-3, "gram", "grams")
	add("mass", "mg", 1e-6, "milligram", "milligrams")
	add("mass", "t", 1e3, "tonne", "tonnes")
	add("mass", "lb", 0.45359237, "pound", "pounds", "lbs")
	add("mass", "oz", 0.028349523125, "ounce", "ounces")
	add("volume", "l", 1, "liter", "liters", "litre", "litres")
	add("volume", "ml", 1e-3, "milliliter", "milliliters", "millilitre", "millilitres")
	add("volume", "m3", 1e3, "m³", "cubic meter", "cubic meters", "cubic metre", "cubic metres")
	add("volume", "gal", 3.785411784, "gallon", "gallons", "us gallon", "us gallons")
	add("volume", "imp gal", 4.54609, "imperial gallon", "imperial gallons")
	add("volume", "bbl", 158.987294928, "barrel", "barrels")
	add("speed", "m/s", 1, "meters per second", "metres per second")
	add("speed", "km/h", 1/3.6, "kph", "kilometers per hour", "kilometres per hour")
	add("speed", "mph", 0.44704, "miles per hour")
	add("speed", "kn", 1852.0/3600, "knot", "knots", "kt")
	add("pressure", "Pa", 1, "pascal", "pascals")
	add("pressure", "kPa", 1e3, "kilopascal", "kilopascals")
	add("pressure", "bar", 1e5, "bars")
	add("pressure", "psi", 6894.757293168, "pounds per square inch")
	add("pressure", "atm", 101325, "atmosphere", "atmospheres")
	add("energy", "J", 1, "joule", "joules")
	add("energy", "kJ", 1e3, "kilojoule", "kilojoules")
	add("energy", "kWh", 3.6e6, "kilowatt hour", "kilowatt hours")
	add("energy", "kcal", 4184, "kilocalorie", "kilocalories")
	add("energy", "BTU", 1055.05585262)
	add("time", "s", 1, "second", "seconds")
	add("time", "min", 60, "minute", "minutes")
	add("time", "h", 3600, "hour", "hours")
	add("time", "d", 86400, "day", "days")
	add("time", "week", 604800, "weeks")
	add("data", "B", 1, "byte", "bytes")
	add("data", "bit", 0.125, "bits")
	for power, letter := range []string{"k", "M", "G", "T", "P"} {
		add("data", letter+"B", math.Pow(1000, float64(power+1)))
		add("data", strings.ToUpper(letter)+"iB", math.Pow(1024, float64(power+1)))
	}
	add("temperature", "K", 1, "kelvin")
	add("temperature", "°C", 1, "c", "celsius")
	add("temperature", "°F", 5.0/9, "f", "fahrenheit")
	table["°C"] = unit{"temperature", 1, 273.15}
	table["°F"] = unit{"temperature", 5.0 / 9, 459.67 * 5 / 9}
}

// Convert gives the value in another unit of the same kind, and how both units are written.
func Convert(value float64, from, to string) (result float64, source, target string, err error) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return 0, "", "", fmt.Errorf("the value is no number")
	}
	source, a, err := find(from)
	if err != nil {
		return 0, "", "", err
	}
	target, b, err := find(to)
	if err != nil {
		return 0, "", "", err
	}
	if a.kind != b.kind {
		return 0, "", "", fmt.Errorf("%s is a unit of %s, %s one of %s", source, a.kind, target, b.kind)
	}
	base := value*a.factor + a.offset
	if a.kind == "temperature" && base < -1e-9 {
		return 0, "", "", fmt.Errorf("nothing is colder than 0 K")
	}
	return (base - b.offset) / b.factor, source, target, nil
}

func find(name string) (string, unit, error) {
	trimmed := strings.TrimSpace(name)
	if found, ok := table[trimmed]; ok {
		return trimmed, found, nil
	}
	if known, ok := aliases[strings.ToLower(trimmed)]; ok {
		return known, table[known], nil
	}
	return "", unit{}, fmt.Errorf("the unit %q is not known; list_units names them", trimmed)
}

// ByKind lists the units of every kind, both in order.
func ByKind() map[string][]string {
	found := map[string][]string{}
	for name, known := range table {
		found[known.kind] = append(found[known.kind], name)
	}
	for _, names := range found {
		sort.Strings(names)
	}
	return found
}

// Shown writes a value with so many significant digits, without an exponent where people do not expect one.
func Shown(value float64, digits int) string {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(value, 'g', digits, 64), 64)
	if size := math.Abs(rounded); size != 0 && (size < 1e-6 || size >= 1e15) {
		return strconv.FormatFloat(rounded, 'g', -1, 64)
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}
