import { useMemo } from "preact/hooks";
import { splitGrowing } from "../growing_text.ts";
import { memo } from "./memo.tsx";
import { renderPieces } from "./markdown.tsx";

/** A text of a model while it grows: each piece is read once it stands, only the last one each time. */
export function GrowingMarkdown({ text }: { text: string }) {
  const pieces = splitGrowing(text);
  return (
    <div class="prose">
      {pieces.map((piece, at) => (
        <Piece key={at} text={piece} isLast={at === pieces.length - 1} />
      ))}
    </div>
  );
}

const Piece = memo(function Piece({ text, isLast }: { text: string; isLast: boolean }) {
  return <>{useMemo(() => renderPieces(text, isLast), [text, isLast])}</>;
});
