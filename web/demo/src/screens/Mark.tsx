/** The bank's mark. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M8 21c2.7-2.7 5.3-2.7 8 0s5.3 2.7 8 0M8 14.5c2.7-2.7 5.3-2.7 8 0s5.3 2.7 8 0" />
    </svg>
  );
}
