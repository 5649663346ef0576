package validate

// IsDueToLoss tells if JSON drops e because the value at lost was not decoded.
func IsDueToLoss(lost Path, e FieldError) bool {
	return (&jsonDecoder{lost: []Path{lost}}).isDueToLoss(e)
}
