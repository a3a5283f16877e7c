/** A contact that a person had before: notices go there for some days (B58), and codes until the new one is old enough (B57). */
export interface FormerContact {
  readonly email: string;
  readonly phone: string;
  /** As in `User`; absent in what an earlier version kept. */
  readonly phoneE164?: string | null;
  /** When it was replaced, ms. */
  readonly replacedAt: number;
}
