/** Why a text cannot be used as a hash: a rule it breaks, for an operator. Never quotes the text. */
export class UnusableHash extends Error {
  override readonly name = 'UnusableHash';
}
