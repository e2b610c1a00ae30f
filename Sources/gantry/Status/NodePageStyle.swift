/// How the page looks, by day and by night.
enum NodePageStyle {
    static let text = """
        :root { --back: #fff; --front: #1d2329; --quiet: #5b6670; --line: #dde3e8; --band: #f4f6f8;
          --operation: #2c3e50; --ok: #1a7f37; --warning: #9a6700; --problem: #c0392b; }
        @media (prefers-color-scheme: dark) {
          :root { --back: #14181c; --front: #e4e9ed; --quiet: #98a4ae; --line: #2b333b; --band: #1b2126;
            --operation: #9fb3c8; --ok: #4ac26b; --warning: #d4a72c; --problem: #ff7b6b; }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--back); color: var(--front);
          font: 15px/1.5 system-ui, sans-serif; }
        main { max-width: 1120px; margin: 0 auto; padding: 24px 16px 64px; }
        h1 { font-size: 24px; margin: 0; }
        header p, .none, small { color: var(--quiet); margin: 0; }
        h2 { font-size: 17px; margin: 32px 0 8px; border-bottom: 1px solid var(--line); }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 16px 0; }
        dt { color: var(--quiet); }
        dd { margin: 0; overflow-wrap: anywhere; }
        .wide, figure { overflow-x: auto; margin: 0; }
        table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
        th { text-align: left; font-weight: 600; color: var(--quiet); }
        th, td { padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
        td { overflow-wrap: anywhere; }
        tbody tr:nth-child(even) { background: var(--band); }
        ul { list-style: none; padding: 0; margin: 0; }
        li { padding: 4px 0 4px 12px; border-left: 3px solid var(--line); margin-bottom: 6px; }
        li.warning { border-color: var(--warning); }
        li.problem { border-color: var(--problem); }
        .ok { color: var(--ok); }
        dd.problem { color: var(--problem); }
        figure + figure { margin-top: 24px; }
        svg text { fill: var(--front); }
        svg rect[fill="#2c3e50"] { fill: var(--operation); }
        """
}
