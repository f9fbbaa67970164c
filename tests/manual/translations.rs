//! A translation has the same pages as the original, with the same programs and transcripts.

use crate::pages;

#[test]
fn the_chinese_tutorial_has_the_blocks_of_the_english_one() {
    let (english, chinese) = (pages::in_folder("tutorial"), pages::in_folder("zh/tutorial"));
    let names = |pages: &[pages::Page]| -> Vec<_> {
        pages.iter().map(|page| page.path.file_name().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&english), names(&chinese));
    for (english, chinese) in english.iter().zip(&chinese) {
        let (original, translated) = (english.blocks(), chinese.blocks());
        for (original, translated) in original.iter().zip(&translated) {
            let place = format!("{}:{}", chinese.path.display(), translated.line);
            assert_eq!(translated.text, original.text, "{place}");
        }
        assert_eq!(original.len(), translated.len(), "{}", chinese.path.display());
    }
}
