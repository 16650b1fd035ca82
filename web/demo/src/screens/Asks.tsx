/** What the bank checks. */
export function Asks({ asks }: { readonly asks: readonly string[] }) {
  return (
    <ul className="row asks">
      {asks.map((ask) => (
        <li key={ask} className="badge" data-tone="accent">
          {ask}
        </li>
      ))}
    </ul>
  );
}
